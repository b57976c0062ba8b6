"""Programs of users, through mypy and pyright: what is right passes, and each marked line is refused.

The checkers find Penstock in a temporary folder with links to its parts, as the package is the repository itself.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import penstock
import pytest

pytestmark = pytest.mark.timeout(600)

ROOT = Path(penstock.__file__).parent.resolve()
PROGRAMS = sorted((Path(__file__).parent / "programs").glob("*.py"))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which ``penstock`` holds links to what is installed, and to nothing else of the checkout."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "penstock").mkdir()
    for name in ("__init__.py", "py.typed", "dsl", "compilers", "runtime"):
        (folder / "penstock" / name).symlink_to(ROOT / name)
    return folder


def expected(program: Path) -> set[int]:
    """Return the numbers of the lines that are marked as wrong."""
    lines = program.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, start=1) if line.endswith("# error")}


def mypy(home: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run mypy with Penstock's own settings."""
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--config-file",
        ROOT / "pyproject.toml",
        *arguments,
    ]
    environment = {"MYPYPATH": str(home), "PATH": ""}
    return subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def mypy_report(home: Path, request: pytest.FixtureRequest) -> str:
    """What mypy says of all programs, in one run; its cache is kept between runs of pytest."""
    cache = request.config.cache.mkdir("mypy")
    pytest.importorskip("mypy")
    return mypy(home, "--cache-dir", cache, *PROGRAMS).stdout


@pytest.fixture(scope="session")
def pyright_report(home: Path) -> list[dict[str, object]]:
    """What pyright says of all programs, in one run."""
    pytest.importorskip("pyright")
    for program in PROGRAMS:  # pyright reads only what lies below its configuration
        shutil.copy(program, home)
    settings = {"include": [program.name for program in PROGRAMS], "extraPaths": ["."], "pythonVersion": "3.11"}
    (home / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(home)]
    done = subprocess.run(command, cwd=home, capture_output=True, text=True, check=False)
    if not done.stdout.startswith("{"):
        pytest.skip(f"pyright cannot start here: {done.stderr.strip()[-200:]}")
    return json.loads(done.stdout)["generalDiagnostics"]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_mypy_finds_the_marked_lines_and_no_others(program, mypy_report):
    found = re.findall(rf"^\S*{program.name}:(\d+): error", mypy_report, flags=re.MULTILINE)
    assert {int(line) for line in found} == expected(program)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_pyright_finds_the_marked_lines_and_no_others(program, pyright_report):
    errors = [one for one in pyright_report if one["severity"] == "error" and Path(one["file"]).name == program.name]
    assert {one["range"]["start"]["line"] + 1 for one in errors} == expected(program)


def test_the_package_is_strictly_typed(home, request):
    pytest.importorskip("mypy")
    done = mypy(home, "--cache-dir", request.config.cache.mkdir("mypy-package"), "-p", "penstock")
    assert done.stdout == ""
    assert done.returncode == 0

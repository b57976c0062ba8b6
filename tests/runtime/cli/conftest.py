"""A project with a pipeline in a file, and a way to call the command line on it."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from penstock.runtime.cli import main

PIPELINES = '''
"""Compare models of fares."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Literal

from penstock import Static, log_metric, pipeline, step


class Colour(Enum):
    RED = "r"
    BLUE = "b"


@step
def load(source: Path) -> list[float]:
    print("loading", source.name)
    return [float(word) for word in source.read_text().split()]


@step
def train(table: list[float], kind: str, lr: float) -> float:
    log_metric("loss", 0.5, 1)
    log_metric("loss", 0.25, 2)
    if kind == "broken":
        raise ValueError(f"no {kind} here")
    return sum(table) * lr


@step
def best(scores: list[float]) -> float:
    return max(scores)


@pipeline
def compare(
    source: Path,
    lr: float = 0.1,
    kinds: Static[list[str]] = ["linear"],
    colour: Colour = Colour.RED,
    mode: Literal["fast", "slow"] = "fast",
    dry_run: bool = False,
    limits: dict[str, int] | None = None,
    jobs: int = 3,
) -> float:
    """Train a model of each kind and keep the best.

    The source holds numbers.
    """
    table = load(source)
    return best([train(table, kind, lr) for kind in kinds])


@pipeline
def single(source: Path) -> list[float]:
    return load(source)
'''

_numbers = itertools.count(1)

Penstock = Callable[..., Result]
Shell = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the file of pipelines, whose name no other test uses, and a file of data.

    No byte code is kept: Python takes that of a file that was changed within a second, and is as long as before.
    """
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENSTOCK_WORKSPACE", str(tmp_path))
    path, modules = list(sys.path), set(sys.modules)
    file = tmp_path / f"taxi_{next(_numbers)}.py"
    file.write_text(PIPELINES)
    (tmp_path / "numbers.txt").write_text("1 2 3")
    yield file
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def penstock() -> Penstock:
    """Call the command line in this process."""

    def call(*words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], prog_name="penstock")

    return call


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shell]:
    """Start the command line in a process of its own, in a project's folder; it is gone when the test ends."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penstock.toml").touch()
    started: list[subprocess.Popen[str]] = []

    def start(*words: object, **how: Any) -> subprocess.Popen[str]:
        code = "from penstock.runtime.cli import main; main(prog_name='penstock')"
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        options = {"cwd": tmp_path, "text": True, **pipes, **how}
        process = subprocess.Popen([sys.executable, "-c", code, *map(str, words)], **options)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def done(shell: Shell) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Call the command line in a process of its own: code that was changed meanwhile is read anew."""

    def call(*words: object, typed: str = "", **how: Any) -> subprocess.CompletedProcess[str]:
        process = shell(*words, **how)
        printed, said = process.communicate(typed, timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, printed, said)

    return call


@pytest.fixture
def ran(project: Path, penstock: Penstock) -> Path:
    """A project in which one run completed and a later one failed."""
    for kinds in (["linear"], ["linear", "broken"]):
        words = [word for kind in kinds for word in ("--kinds", kind)]
        penstock("run", f"{project.name}:compare", "--source", "numbers.txt", "--executor", "inline", "-q", *words)
    return project

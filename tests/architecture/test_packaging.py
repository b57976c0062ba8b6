"""The distribution: holds the package, all of it, and nothing else; and works when installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path

import penstock
import pytest

ROOT = Path(penstock.__file__).parent.resolve()
FOLDERS = ("dsl", "compilers", "runtime")


def settings() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a wheel from a copy of the files that git knows or would know, without the network."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("tests", "examples"):  # strangers, which must stay outside
        (copy / folder).mkdir()
        (copy / folder / "stranger.py").touch()
    for file in ("pyproject.toml", "__init__.py", "py.typed", "README.md", "LICENSE"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, copy / file)
    (copy / "README.md").touch()
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-build-isolation",
        "--no-deps",
        "--no-index",
        "-q",
        "-w",
        out,
        copy,
    ]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


def test_the_packages_are_the_folders_with_python_files():
    folders = {file.parent.relative_to(ROOT) for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")}
    expected = {".".join(("penstock", *folder.parts)) for folder in folders} | {"penstock"}
    assert set(settings()["tool"]["setuptools"]["packages"]) == expected


def test_every_folder_with_python_files_is_a_package():
    folders = {file.parent for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def test_the_root_has_no_other_module():
    assert [file.name for file in ROOT.glob("*.py")] == ["__init__.py"]


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"penstock"}
    modules = {name for name in names if name.endswith(".py")}
    files = [ROOT / "__init__.py", *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py"))]
    assert modules == {f"penstock/{file.relative_to(ROOT).as_posix()}" for file in files}


def test_the_wheel_holds_what_is_not_python(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    kinds = ("*.sql", "*.json", "py.typed", "*.html", "*.css", "*.js")
    data = {file for folder in FOLDERS for kind in kinds for file in (ROOT / folder).rglob(kind)} | {ROOT / "py.typed"}
    assert {f"penstock/{file.relative_to(ROOT).as_posix()}" for file in data} <= names


def test_the_wheel_installs_and_works_in_a_fresh_environment(wheel, tmp_path):
    venv.create(tmp_path / "env", system_site_packages=False, with_pip=False)
    python = next((tmp_path / "env").glob("bin/python")) if os.name != "nt" else tmp_path / "env/Scripts/python.exe"
    site = next((tmp_path / "env").rglob("site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    others = next(path for path in sys.path if (Path(path) / "attr").is_dir())
    code = "import penstock; print(penstock.__file__); print(penstock.step(lambda: 5)()); import penstock.runtime.launching"
    (site / "others.pth").write_text(others + "\n")  # the dependencies; after the wheel's own folder
    done = subprocess.run([python, "-c", code], check=True, capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [str(site / "penstock" / "__init__.py"), "5"]

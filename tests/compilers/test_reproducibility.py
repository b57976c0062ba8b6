"""The same code and arguments give the same document, byte for byte: in any folder, process and version of Python."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import attr
import attrs
import beartype
import penstock
import pytest

PROJECT = {
    "pyproject.toml": "",
    "data/taxi.csv": "a,b\n1,2\n",
    "lib/__init__.py": "",
    "lib/steps.py": """
from enum import Enum
from pathlib import Path
from typing import NamedTuple, TypedDict, Optional, Union
from penstock import RunStatus, step

class Kind(Enum):
    LINEAR = 1

class Pair(NamedTuple):
    left: int
    right: "list[str]"

class Scores(TypedDict):
    rmse: float

@step(hash_paths="../data")
def load(path: Path, words: set[str] = {"b", "a", "c"}) -> Pair: ...
@step(tags={"team": "b", "stage": "a"})
def fit(left: int, right: Optional[list[str]] = None, kind: Union[Kind, str] = Kind.LINEAR, lr: float = 1) -> Scores: ...
@step
def check(scores: Scores, rate: float = 1) -> bool: ...
@step
def tidy(words: set[str], status: RunStatus) -> None: ...
@step
def report(scores: "dict[str, Scores]", many: "set[object]") -> None: ...
""",
    "train.py": """
from pathlib import Path
from penstock import pipeline, Static, each, on_exit, repeat, when
from lib.steps import Kind, check, load, fit, report, tidy

@pipeline
def one(table, kind: str) -> object:
    return fit(table.left, table.right, kind)

@pipeline
def train(source: Path = Path(__file__).parent / "data" / "taxi.csv", rounds: Static[int] = 2):
    table = load(source)
    first = [fit(*table, Kind.LINEAR, rate) for rate in (1, 0.5)]
    second = [one(table, word) for word in sorted({"x", "y"})]
    third = fit(each([1, 2]), kind=each({"b": "x", "a": "y"}), lr=table.left)
    fourth = repeat(lambda state: when(check(state) & (state["rmse"] != 1), lambda: one(table, "z"), otherwise=lambda: state),
                    first[0], until=lambda state: check(state, first[1]["rmse"]), limit=3)
    on_exit(lambda: tidy({"c", "a", "b"}))
    report({"c": fourth}, {fourth["rmse"], 5})
    done = report({"a": first[0], "b": second[1]}, {first[0]["rmse"], second[0]["rmse"], first[1]["rmse"], "k", 5})
    return first, third, done
""",
}
MAIN = """
import sys
sys.path.insert(0, sys.argv[1])
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.serialisation import to_json
from train import train
sys.stdout.reconfigure(encoding="utf-8", newline="")
sys.stdout.write(to_json(compile_pipeline(train).graph))
"""


def interpreters(version: str) -> list[str]:
    """Name where an interpreter of a version may be: this one, on the path, or beside this one's installation."""
    beside = Path(sys.base_prefix).parent.glob(f"{version}*/bin/python{version}")
    this = [sys.executable] if "{}.{}".format(*sys.version_info) == version else []
    return [*this, *filter(None, [shutil.which(f"python{version}")]), *map(str, sorted(beside))]


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Penstock and what it needs to compile: distributions of pure Python, for any interpreter."""
    folder = tmp_path_factory.mktemp("libraries")
    for package in (penstock, attr, attrs, beartype):
        (folder / package.__name__).symlink_to(Path(package.__file__).parent.resolve())
    # It is compiled, for one version of Python; a graph is made and written without it.
    (folder / "blake3.py").write_text(
        "def blake3(*_args: object, **_options: object) -> None:\n    raise NotImplementedError\n"
    )
    return folder


def document(folder: Path, libraries: Path, python: str = sys.executable, seed: str = "0") -> bytes:
    """Write the project into a folder and compile it there in another process."""
    for name, text in PROJECT.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    environment = os.environ | {"PYTHONPATH": str(libraries), "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", MAIN, str(folder)]
    return subprocess.run(command, env=environment, cwd=folder.parent, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory, libraries: Path) -> bytes:
    """The document that all others must equal."""
    return document(tmp_path_factory.mktemp("reference"), libraries)


def test_the_document_names_nothing_of_this_machine(reference):
    text = reference.decode()
    assert '"value": {"$path": "data/taxi.csv"}' in text
    assert '"hash_paths": ["data"]' in text
    assert "reference" not in text
    assert str(Path.home()) not in text


@pytest.mark.parametrize("seed", ["1", "2", "12345"])
def test_two_copies_of_a_project_give_the_same_document_whatever_the_hash_seed(tmp_path, libraries, reference, seed):
    assert document(tmp_path / "another" / "place", libraries, seed=seed) == reference


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13"])
def test_each_version_of_python_gives_the_same_document(tmp_path, libraries, reference, version):
    for python in interpreters(version):
        if subprocess.run([python, "-c", "pass"], capture_output=True, check=False).returncode == 0:
            assert document(tmp_path / "project", libraries, python) == reference
            return
    pytest.skip(f"Python {version} is not installed here")

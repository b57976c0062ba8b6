"""A folder with a script, and a module beside it that makes steps of it."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCRIPT = """
import argparse, pathlib
from scaling import scale

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--lr", type=float)
parser.add_argument("--model", type=pathlib.Path)
given = parser.parse_args()
print("lr is", given.lr)
given.model.write_text(str(scale(int(given.data.read_text())) * given.lr))
"""
SCALING = "def scale(x):\n    return 2 * x\n\n\ndef unused():\n    return 1\n"
FLOW = """
from pathlib import Path
from penstock import pipeline, script_step, step

train = script_step("train.py", inputs={"data": Path, "lr": 0.5}, outputs={"model": Path})

@step
def read(model: Path) -> float:
    return float(model.read_text())

@pipeline
def flow(data: Path, lr: float = 1.0) -> float:
    return read(train(data, lr=lr))
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project's folder, which is the working folder and on the import path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "number.txt").write_text("21")
    write(tmp_path, train=SCRIPT, scaling=SCALING, flowing=FLOW)
    yield tmp_path
    sys.modules.pop("flowing", None)


@pytest.fixture
def flowing(project: Path) -> ModuleType:
    """The module of the project that makes a step of the script."""
    return importlib.import_module("flowing")


@pytest.fixture
def script(project: Path) -> Callable[..., Any]:
    """Make a step of a script with this text, as a module in the project would."""

    def make(text: str, **wanted: Any) -> Any:
        write(project, made=text)
        from penstock import script_step

        return script_step(project / "made.py", **wanted)

    return make


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text))

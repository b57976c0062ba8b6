"""A small project to make bundles of."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

FLOW = """
from pathlib import Path
from penstock import Static, pipeline, step
from bundled_helpers import double

@step
def read(source: Path, lr: float) -> float:
    return double(float(source.read_text())) * lr

@step
def named(value: float, name: str) -> str:
    return f"{name}: {value}"

@pipeline
def flow(name: str, source: Path = Path("data/number.txt"), lr: float = 0.5, rounds: Static[int] = 2) -> list[str]:
    "Read a number."
    return [named(read(source, lr), f"{name}") if False else named(read(source, lr), name) for _ in range(rounds)]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The project's folder, which is the working folder and on the import path."""
    root = tmp_path / "project"
    (root / "data").mkdir(parents=True)
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", [str(root), *sys.path])
    (root / "pyproject.toml").touch()
    (root / "data/number.txt").write_text("21")
    (root / "bundled_helpers.py").write_text("def double(x):\n    return 2 * x\n")
    (root / "bundled_flow.py").write_text(textwrap.dedent(FLOW))
    (root / "unrelated.py").write_text("X = 1\n")
    yield root
    forget()


@pytest.fixture
def flowing(project: Path) -> ModuleType:
    return importlib.import_module("bundled_flow")


def forget() -> None:
    """Let the project's modules be imported anew."""
    for name in ("bundled_flow", "bundled_helpers"):
        sys.modules.pop(name, None)

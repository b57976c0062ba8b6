"""The page on errors: what stands in each row is really refused, with that class and those words."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import penstock
from penstock.compilers.lowering import compile_pipeline

PAGE = Path(__file__).parents[2] / "docs" / "errors.md"
INSIDE = (
    "A promise used as if it were the value",
    "Calls and values that do not fit",
    "Parts that depend on values of the run",
)


def rows() -> Iterator[tuple[str, str, str, str]]:
    """Yield the section, the code, the class and the words of each row."""
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        section = line.removeprefix("## ") if line.startswith("## ") else section
        if line.startswith("| `"):
            written, error, words, _instead = (
                cell.strip().replace("\\|", "|") for cell in line.strip("|").split(" | ")
            )
            yield section, written.strip("`"), error.strip("`"), words


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module with the definitions of the page."""
    code = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)
    file = tmp_path / "definitions.py"
    file.write_text(code[1], encoding="utf-8")
    made = types.ModuleType("definitions")
    monkeypatch.setitem(sys.modules, "definitions", made)
    exec(compile(code[1], file, "exec"), vars(made))
    return made


@pytest.mark.parametrize(("section", "code", "error", "words"), list(rows()), ids=[row[1] for row in rows()])
def test_what_the_page_says_is_refused(section, code, error, words, module, tmp_path):
    file = tmp_path / "flow.py"
    file.write_text(f"def body():\n    {code}\n", encoding="utf-8")
    exec(compile(file.read_text(encoding="utf-8"), file, "exec"), vars(module))
    with pytest.raises(penstock.PenstockError) as caught:
        compile_pipeline(module.body) if section in INSIDE else module.body()
    assert type(caught.value).__name__ == error
    assert words in str(caught.value)
    assert "flow.py:" in str(caught.value).splitlines()[0]


def test_the_page_has_every_section():
    assert {row[0] for row in rows()} == {*INSIDE, "Definitions and launches"}
    assert len(list(rows())) > 60

"""How findings are printed."""

from __future__ import annotations

import io

import pytest
from penstock.compilers.linting import Finding
from penstock.runtime.terminal.findings import print_findings, shown_path


class Terminal(io.StringIO):
    encoding = "ascii"

    def isatty(self) -> bool:
        return True


def finding(**changes: object) -> Finding:
    given = {
        "file": "/elsewhere/flow.py", "line": 3, "column": 12, "code": "PS101", "rule": "unseeded-random",
        "message": "draws " * 30, "hint": "pass a seed", "steps": ("a", "b"), "chain": ("a", "draw"),
        "text": "    return größe(1)", "width": 8,
    }  # fmt: skip
    return Finding(**{**given, **changes})  # type: ignore[arg-type]


def printed(stream: io.StringIO, *findings: Finding) -> list[str]:
    print_findings(findings, 2, stream)
    return stream.getvalue().splitlines()


def test_elsewhere_than_on_a_terminal_it_is_plain():
    lines = printed(io.StringIO(), finding())
    assert lines[:4] == [
        "/elsewhere/flow.py",
        "  /elsewhere/flow.py:3:12  PS101 unseeded-random  a, b",
        "    | return größe(1)",
        "    |        ^^^^^^^^",
    ]
    assert (
        all(len(line) <= 120 for line in lines)
        and "    reached by a -> draw" in lines
        and "    help: pass a seed" in lines
    )


def test_a_terminal_gets_colours_and_what_it_can_show(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = "\n".join(printed(Terminal(), finding()))
    assert "\x1b[" in text and "gr??e" in text


def test_many_steps_are_shortened_and_files_are_grouped():
    lines = printed(io.StringIO(), finding(steps=tuple("abcdef")), finding(file="/elsewhere/other.py", chain=("a",)))
    assert lines[1].endswith("a, b, c, d and 2 more")
    assert lines[-1] == "2 findings in 2 files, 2 steps checked: 2 unseeded-random"


def test_without_findings_there_is_one_line():
    assert printed(io.StringIO()) == ["nothing found, 2 steps checked"]


@pytest.mark.parametrize(
    ("file", "shown"), [("flow.py", "flow.py"), ("<stdin>", "<stdin>"), ("/elsewhere/a.py", "/elsewhere/a.py")]
)
def test_a_path_is_shown_as_it_can_be_clicked_on(file, shown):
    assert shown_path(file) == shown


def test_a_path_below_the_working_folder_is_relative(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "src" / "flow.py")) == "src/flow.py"

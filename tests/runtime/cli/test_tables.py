from __future__ import annotations

import io

import pytest

from penstock.runtime.cli import tables


def test_a_table_through_a_pipe_is_plain_and_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_table(["RUN", "TIME"], [[("a", "bold"), "1 s"], ["bcde", "12 s"]], right=["TIME"])
    assert capsys.readouterr().out == "RUN   TIME\na      1 s\nbcde  12 s\n"


def test_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    for name, value in {"TERM": "xterm", "COLUMNS": "60"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", stream)
    tables.print_table(["STATE"], [[("failed", "failed")]])
    assert "\x1b[31mfailed" in stream.getvalue()


@pytest.mark.parametrize(("width", "kept"), [(40, [0, 1, 2]), (16, [0, 2]), (5, [0])])
def test_a_narrow_terminal_does_without_some_columns(width: int, kept: list[int]) -> None:
    assert tables._fitting(["RUN", "EXPERIMENT", "STEPS"], [["abcd", "e", "f"]], ["EXPERIMENT", "STEPS"], width) == kept


def test_facts_are_aligned_and_empty_ones_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_facts([("run", "r"), ("problem", ""), ("state", ("failed", "failed"))])
    assert "run    r\n" in capsys.readouterr().out.replace("\x1b[2m", "").replace("\x1b[0m", "")


def test_what_a_step_logged_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    tables.print_table(["A"], [["\x1b[2Jx\ny"]])
    assert capsys.readouterr().out == "A\n [2Jx y\n"

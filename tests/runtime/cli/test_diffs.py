"""What changed in some code is shown in a few lines."""

from __future__ import annotations

import pytest
from penstock.compilers.fingerprints.differences import Difference
from penstock.runtime.cli.diffs import MOST, diff_lines, print_diffs, unique


def changed(before: str, after: str, diff: str, **fields: object) -> Difference:
    return Difference("changed", "m.f", "m.py", 3, before, after, ("f",), diff, definition="function", **fields)  # type: ignore[arg-type]


SMALL = changed(
    "return 1", "return 2", "--- m.py\tbefore\n+++ m.py\tafter\n@@ -1 +1 @@\n def f():\n-return 1\n+return 2"
)


def test_a_diff_is_shown_without_headings_under_its_name(capsys: pytest.CaptureFixture[str]):
    print_diffs([SMALL])
    assert capsys.readouterr().out == "  m.f (m.py:3)\n     def f():\n    -return 1\n    +return 2\n"


def test_the_same_change_of_many_steps_is_shown_once(capsys: pytest.CaptureFixture[str]):
    print_diffs([SMALL, SMALL], titled=False)
    assert capsys.readouterr().out.count("-return 1") == 1 == len(unique([SMALL, SMALL]))


def test_a_long_diff_is_cut_from_where_it_begins_to_differ(capsys: pytest.CaptureFixture[str]):
    lines = [*(f" same {number}" for number in range(8)), *(f"-old {number}" for number in range(30))]
    print_diffs([changed("a", "b", "\n".join(lines))], titled=False)
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == MOST and shown[0] == "   same 7" and shown[1] == "  -old 0"
    assert shown[-1].endswith("20 more lines")


def test_a_constant_whose_values_are_told_needs_no_diff():
    constant = Difference("changed", "m.DEPTH", "m.py", 1, "2", "3", ("f",), "-2\n+3", "constant")
    assert diff_lines(constant) == [] and diff_lines(SMALL)


def test_what_has_no_diff_prints_nothing(capsys: pytest.CaptureFixture[str]):
    print_diffs([Difference("distribution", "numpy", before="1", after="2")])
    assert capsys.readouterr().out == ""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest

from penstock.runtime.events import Event, StepCompleted
from penstock.runtime.terminal.marks import ASCII, UNICODE
from penstock.runtime.terminal.standings import Standing
from penstock.runtime.terminal.tree import INTERVAL, LONGEST, Painter, Tree


def painter_of(events: Sequence[Event]) -> Painter:
    standing = Standing()
    for event in events:
        standing.take(event)
    return Painter(standing, UNICODE)


def test_the_picture_has_a_header_and_a_line_a_step(events: Sequence[Event]) -> None:
    lines = painter_of(events).paint(105.0, 100, 40).plain.splitlines()
    assert lines[0] == "compare  10.0 s  7/7  1 reused  1 failed  1 skipped  20261122-204338-x7qd"
    assert lines[1] == "↺ load                          from 20261121-101010-ab2d"
    assert lines[2].split() == ["▾", "prepare", "1.0", "s"]
    assert len(lines) == 9


@pytest.mark.parametrize("height", [3, 5, 10, 24])
@pytest.mark.parametrize("trains", [3, 30, 1000])
def test_the_picture_is_never_taller_than_the_terminal(
    many_events: Callable[[int], Sequence[Event]], trains: int, height: int
) -> None:
    assert len(painter_of(many_events(trains)).paint(105.0, 80, height).plain.splitlines()) < height


@pytest.mark.parametrize("width", [20, 40, 60, 200])
def test_no_line_is_wider_than_the_terminal(many_events: Callable[[int], Sequence[Event]], width: int) -> None:
    lines = painter_of(many_events(9)).paint(105.0, width, 40).split()
    assert all(line.cell_len <= width for line in lines)


def test_a_run_that_has_not_started_has_an_empty_picture() -> None:
    assert Painter(Standing(), ASCII).paint(1.0, 80, 24).plain == ""


def test_the_level_of_detail_does_not_flicker(many_events: Callable[[int], Sequence[Event]]) -> None:
    painter = painter_of(many_events(10))
    small = painter.paint(105.0, 80, 8).plain
    assert "train ×10" in small
    assert painter.paint(106.0, 80, 8).plain == small
    assert "train-10" in painter.paint(107.0, 80, 40).plain


def test_without_a_terminal_only_the_final_tree_is_written(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    tree = Tree(stream)
    for event in events:
        tree.take(event)
        tree.draw(105.0)
    tree.finish(110.0)
    text = stream.getvalue()
    assert text.count("compare  10.0 s") == 1
    assert "\x1b" not in text
    assert text.endswith("  penstock show 20261122-204338-x7qd\n")


def test_an_ascii_stream_gets_no_other_character(events: Sequence[Event], ascii_stream: io.TextIOWrapper) -> None:
    tree = Tree(ascii_stream)
    for event in events:
        tree.take(event)
    tree.finish(110.0)
    assert b"x train-2 (kind='k1')" in ascii_stream.buffer.getvalue()  # type: ignore[attr-defined]  # it is in memory


def test_a_slow_drawing_is_repeated_less_often(many_events: Callable[[int], Sequence[Event]]) -> None:
    tree = Tree(io.StringIO())
    for event in many_events(3):
        if not isinstance(event, StepCompleted):
            tree.take(event)
    assert INTERVAL <= tree.draw(105.0) <= LONGEST
    tree.finish(110.0)

"""How control nodes are shown: many items as one line with a bar, a branch and a round as the steps in it."""

from __future__ import annotations

import io
from collections.abc import Iterable

import pytest

from penstock.compilers.graph import Control, FunctionRef, Graph, Map, Node, Repeat, When
from penstock.runtime.events import (
    Event,
    RunStarted,
    StepCompleted,
    StepFailed,
    StepReused,
    StepSkipped,
    StepStarted,
    StepUnfolded,
)
from penstock.runtime.failures import Failure
from penstock.runtime.terminal.lines import Lines
from penstock.runtime.terminal.marks import ASCII
from penstock.runtime.terminal.outlines import outline
from penstock.runtime.terminal.rows import Row, Scene, rows
from penstock.runtime.terminal.standings import Standing

BODY = Graph("body", ())


def node(name: str, control: Control | None = None) -> Node:
    return Node(name, name, FunctionRef("m", name), {}, label=name, control=control)


def begun(control: Control) -> RunStarted:
    return RunStarted("r-1", Graph("g", (node("work", control),)), "e", 0.0)


def items(count: int) -> StepUnfolded:
    nodes = tuple(node(f"work[{place}]") for place in range(count))
    return StepUnfolded("work", 1.0, nodes, tuple(range(count)))


def ended(*places: int) -> list[Event]:
    return [StepCompleted(f"work[{place}]", 2.0, {}, 1.0) for place in places]


def failed(place: int) -> Event:
    return StepFailed(f"work[{place}]", 2.0, Failure(f"work[{place}]", "ValueError", "no"))


def drawn(events: Iterable[Event]) -> list[Row]:
    standing = Standing()
    for event in events:
        standing.take(event)
    assert standing.graph is not None
    return list(rows(outline(standing.graph, widest=12), Scene(standing, ASCII, 5.0)))


def words(row: Row) -> str:
    return "  ".join(["".join(text for text, _ in note) for note in row.notes])


def written(events: Iterable[Event]) -> list[str]:
    stream = io.StringIO()
    lines = Lines(stream)
    for event in events:
        lines.take(event)
    return [line.partition("  ")[2] for line in stream.getvalue().splitlines()][1:]


def test_a_mapped_call_is_one_line_with_a_bar_and_its_failures():
    reused = StepReused("work[1]", 2.0, {}, "r-0")
    found = drawn([begun(Map((), BODY)), items(20), *ended(*range(2, 10)), reused, failed(0)])
    assert [row.label for row in found] == ["work", "work[0]"]
    assert words(found[0]) == "##########>---------  10/20  1 reused  1 failed"


def test_an_item_of_a_mapped_pipeline_counts_once():
    nodes = tuple(node(f"work[{place}]/{name}") for place in range(2) for name in "ab")
    unfolded = StepUnfolded("work", 1.0, nodes, (0, 0, 1, 1))
    done = [StepCompleted(step, 2.0, {}, 1.0) for step in ("work[0]/a", "work[0]/b", "work[1]/a")]
    (row,) = drawn([begun(Map((), BODY)), unfolded, *done])
    assert words(row) == "##########>---------  1/2  1 running"


def test_a_branch_is_shown_with_what_was_skipped():
    note = "the condition was false"
    unfolded = StepUnfolded("work", 1.0, (node("work/a"), node("work/b")), (None, None), note)
    found = drawn([begun(When(BODY, BODY)), unfolded, StepSkipped("work/b", 1.0, note), StepStarted("work/a", 1.0)])
    assert [(row.depth, row.label, str(row.state)) for row in found] == [
        (0, "work", "running"), (1, "work/a", "running"), (1, "work/b", "skipped"),
    ]  # fmt: skip
    assert words(found[0]) == note


def test_a_repeated_body_shows_the_round_that_it_is_at():
    rounds = [
        StepUnfolded("work", 1.0, (node(f"work[{place}]/a"),), (place,), f"round {place} of at most 9")
        for place in (1, 2)
    ]
    found = drawn([begun(Repeat(BODY, BODY, 9)), rounds[0], StepCompleted("work[1]/a", 2.0, {}, 1.0), rounds[1]])
    assert [row.label for row in found] == ["work", "work[2]/a"] and words(found[0]) == "round 2 of at most 9"


def test_few_items_are_told_one_by_one_in_plain_lines():
    assert written([begun(Map((), BODY)), items(2), *ended(0, 1)]) == [
        "work[0]  completed in 1.0 s", "work[1]  completed in 1.0 s",
    ]  # fmt: skip


def test_many_items_are_told_by_tenths_in_plain_lines():
    lines = written([begun(Map((), BODY)), items(1000), *ended(*range(1000))])
    assert lines[:2] == ["work  1000 items", "work  100/1000 items"]
    assert lines[-1] == "work  1000/1000 items" and len(lines) == 11


@pytest.mark.parametrize(("failures", "told"), [(2, 2), (50, 3)])
def test_the_first_failures_of_many_items_are_told(failures, told):
    lines = written([begun(Map((), BODY)), items(1000), *map(failed, range(failures))])
    assert sum("ValueError: no" in line for line in lines) == told

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.events import Event, RunEnded, StepCompleted, StepFailed, StepSkipped, StepStarted
from penstock.runtime.failures import Failure
from penstock.runtime.states import State
from penstock.runtime.terminal.marks import ASCII
from penstock.runtime.terminal.outlines import outline
from penstock.runtime.terminal.rows import Row, Scene, bar, fitted, rows
from penstock.runtime.terminal.standings import Standing


def scene_of(events: Sequence[Event], now: float = 105.0) -> Scene:
    standing = Standing()
    for event in events:
        standing.take(event)
    return Scene(standing, ASCII, now)


def shown(scene: Scene, widest: int = 12, closing: str = "nothing") -> list[Row]:
    assert scene.standing.graph is not None
    return list(rows(outline(scene.standing.graph, widest=widest), scene, closing=closing))


def words(row: Row) -> str:
    return "  ".join("".join(text for text, _ in note) for note in row.notes)


def test_every_step_has_a_row_and_a_group_a_heading(events: Sequence[Event]) -> None:
    found = shown(scene_of(events))
    assert [row.label for row in found][:4] == ["load", "prepare", "clean", "scale"]
    assert [row.depth for row in found][:4] == [0, 0, 1, 1]
    assert found[1].mark == ASCII.open


def test_a_reused_step_says_from_which_run(events: Sequence[Event]) -> None:
    assert words(shown(scene_of(events))[0]) == "from 20261121-101010-ab2d"


def test_a_failed_step_shows_the_first_line_of_its_error(events: Sequence[Event]) -> None:
    (row,) = [row for row in shown(scene_of(events)) if row.state is State.FAILED]
    assert (row.label, words(row), row.seconds) == ("train-2 (kind='k1')", "ValueError: too fast", 2.0)


def test_a_running_step_shows_its_attempt_progress_and_metrics(events: Sequence[Event]) -> None:
    ends = (StepCompleted, StepFailed, StepSkipped, RunEnded)
    scene = scene_of([event for event in events if not isinstance(event, ends)])
    row = next(row for row in shown(scene) if row.label.startswith("train ("))
    assert words(row) == "attempt 2  epochs  ######>-------------  30/100  loss 0.25"
    assert row.seconds == 4.0


def test_a_skipped_step_says_why(events: Sequence[Event]) -> None:
    assert words(shown(scene_of(events))[-1]) == "train-2 failed"


def test_a_family_is_one_row_and_its_failures(many_events: Callable[[int], Sequence[Event]]) -> None:
    found = shown(scene_of(many_events(500)))
    assert [row.label for row in found][-3:] == ["train x500", "train-2 (kind='k1')", "report"]
    assert words(found[-3]) == "500/500  1 failed"


@pytest.mark.parametrize(("closing", "labels"), [("nothing", 4), ("ended", 2), ("all", 2)])
def test_a_group_that_has_ended_can_be_closed(events: Sequence[Event], closing: str, labels: int) -> None:
    found = shown(scene_of(events), closing=closing)
    assert [row.label for row in found].index("train (kind='k0')") == labels


def test_an_error_does_not_hide_in_a_closed_group(events: Sequence[Event], failure: Callable[[str], Failure]) -> None:
    failing = [*events[:4], StepFailed("prepare/scale", 101.0, failure("prepare/scale"), 1.0)]
    labels = [row.label for row in shown(scene_of(failing), closing="all")]
    assert labels[1:3] == ["prepare", "scale"]


row_lists = st.lists(st.sampled_from(list(State)).map(lambda state: Row(0, state, str(state))), max_size=80)


@given(row_lists, st.integers(1, 60))
def test_rows_never_take_more_than_the_space_there_is(found: list[Row], space: int) -> None:
    assert len(fitted(found, space, ASCII)) <= space


@given(row_lists, st.integers(2, 60))
def test_rows_that_are_left_out_are_counted(found: list[Row], space: int) -> None:
    kept = fitted(found, space, ASCII)
    if len(found) > space:
        counted = sum(int(word) for word in kept[-1].label.split() if word.isdigit())
        assert counted == len(found) - (len(kept) - 1)


def test_what_runs_and_what_failed_is_kept_before_all_else() -> None:
    states = [State.COMPLETED] * 20 + [State.FAILED, State.RUNNING] + [State.PENDING] * 20
    kept = fitted([Row(0, state, str(index)) for index, state in enumerate(states)], 7, ASCII)
    assert [row.label for row in kept[:-1]] == ["18", "19", "20", "21", "22", "23"]


@given(st.integers(0, 10_000), st.integers(1, 10_000), st.integers(1, 50))
def test_a_bar_always_has_its_width(done: int, total: int, width: int) -> None:
    assert sum(len(text) for text, _ in bar(done, total, ASCII, width)) == width


def test_a_bar_is_full_only_at_the_end() -> None:
    assert [bar(done, 10, ASCII, 10)[0][0] for done in (0, 1, 9, 10)] == ["", "#>", "#########>", "##########"]


def test_a_step_that_ran_says_what_changed(events: Sequence[Event]) -> None:
    started = StepStarted("train", 101.0, reason="input lr changed: 0.1 -> 0.2")
    assert (
        words(next(row for row in shown(scene_of([*events[:6], started])) if row.label.startswith("train (")))
        == "input lr changed: 0.1 -> 0.2"
    )


def test_a_step_that_ran_for_the_first_time_says_nothing_about_it(events: Sequence[Event]) -> None:
    from penstock.runtime.explanations import FIRST

    started = StepStarted("train", 101.0, reason=FIRST)
    assert words(next(row for row in shown(scene_of([*events[:6], started])) if row.label.startswith("train ("))) == ""

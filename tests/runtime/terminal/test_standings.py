from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from penstock.runtime.events import Event
from penstock.runtime.states import State
from penstock.runtime.terminal.standings import Standing, summed


def test_the_newest_value_of_a_metric_is_kept(events: Sequence[Event]) -> None:
    standing = Standing()
    for event in events:
        standing.take(event)
    assert standing.metrics["train"] == {"loss": 0.25}
    assert standing.saved == 12.0
    assert standing.counts(["train", "train-2"]) == {State.COMPLETED: 1, State.FAILED: 1}


def test_a_span_goes_from_the_first_start_to_the_last_end(events: Sequence[Event]) -> None:
    standing = Standing()
    for event in events:
        standing.take(event)
    assert standing.span(["train", "train-2"], now=200.0) == 3.0
    assert standing.span(["report"], now=200.0) is None


@pytest.mark.parametrize(
    ("counts", "state"),
    [
        ({State.COMPLETED: 5, State.FAILED: 1, State.RUNNING: 1}, State.FAILED),
        ({State.COMPLETED: 5, State.RUNNING: 1}, State.RUNNING),
        ({State.COMPLETED: 5, State.PENDING: 1}, State.RUNNING),
        ({State.PENDING: 2}, State.PENDING),
        ({State.REUSED: 2, State.COMPLETED: 1}, State.COMPLETED),
        ({State.REUSED: 2}, State.REUSED),
        ({State.SKIPPED: 2}, State.SKIPPED),
    ],
)
def test_many_states_sum_up_to_the_one_that_matters(counts: dict[State, int], state: State) -> None:
    assert summed(Counter(counts)) is state

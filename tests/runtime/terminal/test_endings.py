from __future__ import annotations

from collections.abc import Callable, Sequence

from penstock.runtime.events import Event, RunEnded, StepFailed
from penstock.runtime.failures import Failure
from penstock.runtime.states import State
from penstock.runtime.terminal.endings import ending, plain, summary
from penstock.runtime.terminal.marks import ASCII
from penstock.runtime.terminal.standings import Standing


def standing_of(events: Sequence[Event]) -> Standing:
    standing = Standing()
    for event in events:
        standing.take(event)
    return standing


def test_the_summary_counts_what_ended_how_and_the_time_saved(events: Sequence[Event]) -> None:
    text = plain(summary(standing_of(events), ASCII))
    assert text == "x compare failed in 10.0 s: 4 completed, 1 reused, 1 failed, 1 skipped (saved 12.0 s)"


def test_a_failure_shows_the_users_frames_the_inputs_and_how_to_run_it_again(events: Sequence[Event]) -> None:
    text = "\n".join(map(plain, ending(standing_of(events), ASCII)))
    assert "x train-2 (kind='k1') failed: ValueError: too fast\n" in text
    assert '      File "taxi.py", line 12, in train\n' in text
    assert "    with lr = 0.1\n    run it again: penstock replay 20261122-204338-x7qd train-2\n" in text
    assert text.endswith("  penstock show 20261122-204338-x7qd")


def test_of_many_failures_only_the_first_are_told(
    many_events: Callable[[int], Sequence[Event]], failure: Callable[[str], Failure]
) -> None:
    failing = [StepFailed(f"train-{n}", 104.0, failure(f"train-{n}"), 1.0) for n in range(3, 40)]
    text = "\n".join(map(plain, ending(standing_of([*many_events(40)[:-1], *failing, many_events(1)[-1]]), ASCII)))
    assert text.count("Traceback") == 5
    assert ".. and 33 more failures" in text


def test_a_run_that_was_stopped_says_by_what() -> None:
    from penstock.compilers.graph import Graph
    from penstock.runtime.events import RunStarted

    events = [
        RunStarted("r", Graph("p", ()), "e", 1.0),
        RunEnded("r", 2.0, State.CANCELLED, "stopped by KeyboardInterrupt"),
    ]
    assert [plain(line) for line in ending(standing_of(events), ASCII)] == [
        "", "! p was cancelled in 1.0 s: no step ran", "  stopped by KeyboardInterrupt", "  penstock show r",
    ]  # fmt: skip

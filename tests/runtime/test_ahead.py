"""Chains of tiny steps, which workers perform in segments: everything is as if the driver had been asked before each step."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from penstock import Local, Run, State, Static, log_metric, pipeline, step
from penstock.runtime.errors import WorkerDied
from penstock.runtime.executors import Tell
from penstock.runtime.segments import Segment

LENGTH = 60


class Counter:
    """A number that only pickling can store."""

    def __init__(self, value: int) -> None:
        self.value = value


def note(file: str) -> int:
    """Note that a step runs in this process, and return how many did before."""
    with Path(file).open("a") as notes:
        notes.write(f"{os.getpid()}\n")
        return notes.tell()


@step
def grow(state: int, file: str) -> int:
    note(file)
    return state + 1


@step
def settle(state: int, file: str) -> int:
    note(file)
    return max(state - 1, 0)


@step
def tell(state: int) -> int:
    print("at", state)
    log_metric("state", state)
    return state + 1


@step
def count(state: Counter) -> Counter:
    return Counter(state.value + 1)


@step
def begin() -> Counter:
    return Counter(0)


@step
def read(state: Counter) -> int:
    return state.value


@step
def stumble(state: int, file: str, how: str) -> int:
    first = state == 20 and not Path(file + ".stumbled").exists()
    note(file)
    if first:
        Path(file + ".stumbled").touch()
        if how == "dies":
            os._exit(3)
        raise ValueError("at twenty")
    return state + 1


@pipeline
def growing(length: Static[int], file: str) -> int:
    state = grow(0, file)
    for _ in range(length - 1):
        state = grow(state, file)
    return state


@pipeline
def settling(file: str) -> int:
    state = settle(8, file)
    for _ in range(LENGTH - 1):
        state = settle(state, file)
    return state


@pipeline
def twice(file: str) -> list[int]:
    states = [0, 0]
    for _ in range(LENGTH):
        states = [grow(state, file) for state in states]
    return states


@pipeline
def telling() -> int:
    state = tell(0)
    for _ in range(LENGTH - 1):
        state = tell(state)
    return state


@pipeline
def counting() -> int:
    state = begin()
    for _ in range(LENGTH):
        state = count(state)
    return read(state)


@pipeline
def stumbling(file: str, how: str, retries: Static[int]) -> int:
    once = stumble.options(retries=retries)
    state = once(0, file, how)
    for _ in range(LENGTH - 1):
        state = once(state, file, how)
    return state


@pytest.fixture
def segments(monkeypatch: pytest.MonkeyPatch) -> list[Segment]:
    """Collect the segments that are sent."""
    from penstock.runtime.executors.local import LocalExecutor

    sent: list[Segment] = []
    original = LocalExecutor.submit_segment
    monkeypatch.setattr(
        LocalExecutor,
        "submit_segment",
        lambda self, one, tell: (sent.append(one), original(self, one, tell))[1],
    )
    return sent


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "notes")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    local = Local(jobs=2, workspace=tmp_path, display="none", raise_on_failure=False)
    return local.run


def calls(file: str) -> list[str]:
    return Path(file).read_text().splitlines()


def test_a_chain_goes_in_segments_that_grow(run, file, segments):
    assert run(growing, LENGTH, file).result() == LENGTH
    assert [len(one.links) for one in segments] == [16, 32, LENGTH - 1 - 16 - 32]
    assert len(calls(file)) == LENGTH and len(set(calls(file))) == 1


def test_a_segment_goes_on_from_what_its_worker_has_made_in_the_one_before(run, file, segments):
    assert run(growing, LENGTH, file).result() == LENGTH
    ends = [one.links[-1].step for one in segments]
    assert [one.after for one in segments] == [None, *ends[:-1]] and not any(one.results for one in segments[1:])


def test_a_worker_that_does_not_know_what_a_segment_goes_on_from_gives_it_back(run, file, segments, monkeypatch):
    monkeypatch.setattr("penstock.runtime.executors.slots.Slot.last_step", "none")
    assert run(growing, LENGTH, file).result() == LENGTH and len(calls(file)) == LENGTH


def test_equal_calls_of_a_chain_execute_once(run, file, segments):
    done = run(settling, file)
    assert done.result() == 0 and len(calls(file)) == 9 and segments
    assert done.record.counts[State.REUSED] == LENGTH - 9


def test_calls_of_before_the_segment_execute_once_as_well(run, file, segments):
    @pipeline
    def again(file: str) -> tuple[int, int]:
        state = settle(3, file)
        for _ in range(20):
            state = settle(state, file)
        later = settle.after(state)(3, file)
        for _ in range(20):
            later = settle(later, file)
        return state, later

    assert run(again, file).result() == (0, 0) and len(calls(file)) == 4


def test_two_equal_chains_execute_once(run, file):
    assert run(twice, file).result() == [LENGTH, LENGTH] and len(calls(file)) == LENGTH


def test_what_a_step_prints_and_logs_is_its_own(run, segments):
    done = run(telling)
    steps = list(done.steps.values())
    assert segments and [one.logs for one in steps] == [f"at {number}\n" for number in range(LENGTH)]
    assert [one.metrics for one in steps] == [{"state": number} for number in range(LENGTH)]


def test_steps_of_a_segment_start_and_end_in_order(tmp_path, segments):
    heard: list[object] = []
    Local(jobs=1, workspace=tmp_path, display="none", listeners=[heard.append]).run(telling)
    told = [(type(event).__name__, event.step) for event in heard if hasattr(event, "step")]
    ids = ["tell", *(f"tell-{number}" for number in range(2, LENGTH + 1))]
    kinds = ("StepStarted", "MetricLogged", "StepCompleted")
    assert segments and told == [(kind, one) for one in ids for kind in kinds]


def test_pickled_values_go_through_a_segment_and_are_reused_later(run, segments):
    assert run(counting).result() == LENGTH and segments
    assert set(run(counting).record.counts) == {State.REUSED}


def test_a_longer_chain_runs_only_what_is_new(run, file, segments):
    run(growing, 20, file)
    segments.clear()
    done = run(growing, 40, file)
    assert done.record.counts == {State.REUSED: 20, State.COMPLETED: 20}
    assert len(calls(file)) == 40 and not segments, "results of that code are kept, so each call is looked up first"


@pytest.mark.parametrize(("how", "kind"), [("raises", ValueError), ("dies", WorkerDied)])
def test_a_step_that_fails_in_a_segment_fails_alone(run, file, segments, how, kind):
    done = run(stumbling, file, how, retries=0)
    assert segments and type(done.failures["stumble-21"].exception) is kind
    assert done.record.counts == {State.COMPLETED: 20, State.FAILED: 1, State.SKIPPED: LENGTH - 21}
    assert len(calls(file)) == 21


@pytest.mark.parametrize("how", ["raises", "dies"])
def test_a_step_that_fails_in_a_segment_is_tried_again(run, file, segments, how):
    done = run(stumbling, file, how, retries=1)
    assert done.result() == LENGTH and len(calls(file)) == LENGTH + 1
    assert done.steps["stumble-21"].attempts == 2 and done.steps["stumble-20"].attempts == 1


def test_nothing_else_runs_or_is_ready_when_a_segment_is_sent(run, file, monkeypatch):
    from penstock.runtime.executors.local import LocalExecutor

    loads: list[int] = []
    original = LocalExecutor.submit_segment

    def counted(self: LocalExecutor, segment: Segment, tell: Tell) -> None:
        if segment.after is None:  # else it is one chain that goes on, when the other one has come to its end
            loads.append(sum(slot.load for slot in self._slots))
        original(self, segment, tell)

    monkeypatch.setattr(LocalExecutor, "submit_segment", counted)

    @pipeline
    def side_by_side(file: str) -> tuple[int, int]:
        states = (0, 1000)
        for _ in range(20):
            states = (grow(states[0], file), grow(states[1], file))
        return states

    assert run(side_by_side, file).result() == (20, 1020) and len(calls(file)) == 40 and not any(loads)


def test_a_step_with_a_time_out_does_not_go_in_a_segment(run, file, segments):
    @pipeline
    def timed(file: str) -> int:
        state = grow.options(timeout=60)(0, file)
        for _ in range(10):
            state = grow.options(timeout=60)(state, file)
        return state

    assert run(timed, file).result() == 11 and not segments


def test_steps_that_turn_out_slow_go_back_to_the_driver(run, segments):
    @step
    def slower(state: int) -> int:
        import time

        time.sleep(0.1 if state > 5 else 0)
        return state + 1

    @pipeline
    def slowing() -> int:
        state = slower(0)
        for _ in range(14):
            state = slower(state)
        return state

    done = run(slowing)
    assert done.result() == 15 and done.record.counts == {State.COMPLETED: 15} and len(segments) == 1

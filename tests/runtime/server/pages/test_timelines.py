"""A timeline tells when steps ran, what they waited for, and which of them decided how long the run took."""

from __future__ import annotations

import pytest
from penstock.compilers.graph import FunctionRef, Graph, Node, OutputRef
from penstock.runtime.history import RunRecord, StepRecord
from penstock.runtime.server.pages.timelines import timeline_of
from penstock.runtime.states import State

RUN = RunRecord("r", "p", "p", State.COMPLETED, 1000.0, 1010.0)


def node(name, *needs):
    inputs = {f"x{number}": OutputRef(need, "output") for number, need in enumerate(needs)}
    return Node(name, name, FunctionRef("m", name), inputs)


GRAPH = Graph("p", (node("load"), node("slow", "load"), node("quick", "load"), node("join", "slow", "quick")))


def step(name, began, ended, duration=None, state=State.COMPLETED, **more):
    return StepRecord("r", name, name, "m:f", 0, state, started=began, ended=ended, duration=duration, **more)


@pytest.fixture
def steps():
    return [
        step("load", 1000.0, 1002.0, 1.0),
        step("slow", 1002.0, 1008.0, 6.0),
        step("quick", 1005.0, 1006.0, 1.0),
        step("join", 1008.0, 1010.0, 2.0),
    ]


def bars(steps, graph=GRAPH, run=RUN, now=1020.0):
    return {bar.step.id: bar for bar in timeline_of(run, steps, graph, now).bars}


def test_a_bar_stands_where_the_step_ran(steps):
    assert bars(steps)["slow"].ran == (20.0, 60.0)


def test_what_came_before_the_function_ran_is_told_apart(steps):
    load = bars(steps)["load"]
    assert (load.prepared, load.ran) == ((0.0, 10.0), (10.0, 10.0))
    assert "was made ready for 1.0 s" in load.told


def test_a_step_that_waited_for_a_place_says_how_long_and_after_what(steps):
    quick = bars(steps)["quick"]
    assert quick.waited == (20.0, 30.0)
    assert "waited 3.0 s for a free place after load" in quick.told


def test_those_that_decided_how_long_it_took_are_found(steps):
    found = timeline_of(RUN, steps, GRAPH, 1020.0)
    assert [one.id for one in found.critical] == ["load", "slow", "join"]
    assert found.critical_time == 10.0


def test_what_was_reused_or_skipped_is_counted_and_not_drawn(steps):
    steps[0] = step("load", 1000.0, 1000.0, 5.0, State.REUSED)
    found = timeline_of(RUN, [*steps, step("rest", None, None, state=State.SKIPPED)], GRAPH, 1020.0)
    assert "load" not in {bar.step.id for bar in found.bars}
    assert found.without == 2


def test_what_still_runs_reaches_to_now(steps):
    steps[3] = step("join", 1008.0, None, state=State.RUNNING)
    run = RunRecord("r", "p", "p", State.RUNNING, 1000.0)
    assert bars(steps, run=run)["join"].end == pytest.approx(100.0)


def test_without_a_graph_there_are_bars_and_nothing_was_awaited(steps):
    assert all(bar.waited is None for bar in bars(steps, graph=None).values())


@pytest.mark.parametrize("length", [0.0, 1e-9, 0.0031, 7.0, 86_400.0 * 9])
def test_times_on_the_axis_are_round_and_few(length):
    run = RunRecord("r", "p", "p", State.COMPLETED, 1000.0, 1000.0 + length)
    ticks = timeline_of(run, [step("load", 1000.0, 1000.0 + length)], None, 0.0).ticks
    assert 1 <= len(ticks) <= 7
    assert all(0 <= x <= 100 for x, _ in ticks)


def test_a_clock_that_was_set_back_does_no_harm():
    assert bars([step("load", 990.0, 980.0, 1.0)])["load"].ran[1] > 0

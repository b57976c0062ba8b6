"""When a step starts, and what a failure means for the others."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from penstock.compilers.graph import FunctionRef, Graph, Node, OutputRef
from penstock.runtime.scheduling import Scheduler
from penstock.runtime.states import State

DONE, FAILED, SKIPPED, CANCELLED = State.COMPLETED, State.FAILED, State.SKIPPED, State.CANCELLED


def graph(**needs: str) -> Graph:
    """Make a graph: ``graph(a="", b="a", c="a b")``."""
    function = FunctionRef("m", "f")
    return Graph("g", tuple(Node(name, name, function, {}, after=tuple(ids.split())) for name, ids in needs.items()))


def taken(scheduler: Scheduler) -> list[str]:
    return list(iter(scheduler.take, None))


def run_to_end(scheduler: Scheduler, failing: set[str], choose: random.Random) -> list[str]:
    """Run as an executor of unknown speed would; return the order of the starts."""
    started, running = [], []
    while not scheduler.finished:
        fresh = taken(scheduler)
        started += fresh
        running += fresh
        node = running.pop(choose.randrange(len(running)))
        if scheduler.states[node] is State.RUNNING:
            scheduler.fail(node) if node in failing else scheduler.succeed(node)
    return started


def test_an_empty_graph_is_finished():
    scheduler = Scheduler(graph())
    assert scheduler.finished and scheduler.take() is None and scheduler.outcome() is DONE


def test_ready_steps_are_given_by_how_much_follows_then_in_call_order():
    assert taken(Scheduler(graph(b="", a="", d="a", c=""))) == ["a", "b", "c"]


def test_a_step_that_does_not_fit_lets_others_pass():
    assert Scheduler(graph(a="", b="", c="")).take(lambda step: step == "b") == "b"


def test_a_step_that_does_not_fit_is_not_passed_for_ever():
    scheduler = Scheduler(graph(big="", **{f"small{number}": "" for number in range(100)}))
    started = list(iter(lambda: scheduler.take(lambda step: step != "big"), None))
    assert len(started) < 30 and scheduler.take() == "big"


def test_a_step_starts_when_its_last_input_is_there():
    scheduler = Scheduler(graph(a="", b="", c="a b"))
    taken(scheduler)
    scheduler.succeed("a")
    assert scheduler.take() is None
    scheduler.succeed("b")
    assert scheduler.take() == "c"


def test_a_step_that_was_taken_is_not_given_again():
    scheduler = Scheduler(graph(a=""))
    assert (scheduler.take(), scheduler.take()) == ("a", None)


def test_a_reused_step_lets_its_consumers_start():
    scheduler = Scheduler(graph(a="", b="a"))
    scheduler.take()
    scheduler.succeed("a", State.REUSED)
    assert scheduler.take() == "b" and scheduler.states["a"] is State.REUSED


def test_two_outputs_of_one_step_are_waited_for_once():
    inputs = {"x": OutputRef("a", "left"), "y": OutputRef("a", "right")}
    function = FunctionRef("m", "f")
    scheduler = Scheduler(Graph("g", (Node("a", "a", function, {}), Node("b", "b", function, inputs, after=("a",)))))
    scheduler.take()
    scheduler.succeed("a")
    assert scheduler.take() == "b"


def test_after_a_failure_nothing_new_starts():
    scheduler = Scheduler(graph(a="", b="", c="b", d="a"))
    taken(scheduler)
    assert scheduler.fail("a") == ["d", "c"]
    scheduler.succeed("b")
    assert scheduler.finished and scheduler.states == {"a": FAILED, "b": DONE, "c": CANCELLED, "d": SKIPPED}


def test_with_continue_on_failure_only_what_needs_the_failed_step_is_skipped():
    scheduler = Scheduler(graph(a="", b="", c="b", d="a", e="d c"), continue_on_failure=True)
    taken(scheduler)
    assert scheduler.fail("a") == ["d", "e"]
    scheduler.succeed("b")
    assert taken(scheduler) == ["c"]


def test_a_skipped_step_is_told_by_which_of_its_own_inputs():
    scheduler = Scheduler(graph(a="", b="a", c="b"), continue_on_failure=True)
    scheduler.take()
    scheduler.fail("a")
    assert scheduler.reasons == {"b": "step 'a' failed", "c": "step 'b' was skipped"}


def test_what_a_failure_cancels_is_told_by_which_step():
    scheduler = Scheduler(graph(a="", b="", c="b"))
    scheduler.take()
    scheduler.fail("b")
    assert scheduler.reasons == {"a": "step 'b' failed", "c": "step 'b' failed"}


def test_stopping_cancels_what_has_not_started():
    scheduler = Scheduler(graph(a="", b="a"))
    scheduler.take()
    assert scheduler.stop("enough") == ["b"]
    assert scheduler.running() == ["a"] and not scheduler.finished
    scheduler.cancel("a", "enough")
    assert scheduler.finished and scheduler.outcome() is CANCELLED


def test_a_failure_weighs_more_than_a_cancellation():
    scheduler = Scheduler(graph(a="", b=""))
    scheduler.take()
    scheduler.fail("a")
    assert scheduler.outcome() is FAILED


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    names = [f"n{index}" for index in range(draw(st.integers(0, 12)))]
    needs = {
        name: " ".join(draw(st.lists(st.sampled_from(names[:index]), unique=True, max_size=4))) if index else ""
        for index, name in enumerate(names)
    }
    return graph(**needs)


scenarios = given(graphs(), st.sets(st.integers(0, 11)), st.booleans(), st.randoms(use_true_random=False))


@scenarios
def test_every_step_ends_in_exactly_one_state(made, failing, goes_on, choose):
    scheduler = Scheduler(made, continue_on_failure=goes_on)
    run_to_end(scheduler, {f"n{index}" for index in failing}, choose)
    assert all(state.ended for state in scheduler.states.values())
    assert set(scheduler.reasons) == {node for node, state in scheduler.states.items() if state in (SKIPPED, CANCELLED)}


@scenarios
def test_nothing_starts_before_what_it_needs_has_succeeded(made, failing, goes_on, choose):
    failing = {f"n{index}" for index in failing}
    started = run_to_end(Scheduler(made, continue_on_failure=goes_on), failing, choose)
    for position, node in enumerate(started):
        assert set(made[node].after) <= set(started[:position]) - failing
    assert len(started) == len(set(started))


@scenarios
def test_with_continue_on_failure_exactly_the_steps_below_a_failure_are_skipped(made, failing, _goes_on, choose):
    failing = {f"n{index}" for index in failing}
    scheduler = Scheduler(made, continue_on_failure=True)
    run_to_end(scheduler, failing, choose)
    below: set[str] = set()
    for node in made:
        if set(node.after) & (below | failing):
            below.add(node.id)
    assert {node for node, state in scheduler.states.items() if state is SKIPPED} == below


@scenarios
def test_a_reason_names_a_step_that_is_waited_for(made, failing, _goes_on, choose):
    scheduler = Scheduler(made, continue_on_failure=True)
    run_to_end(scheduler, {f"n{index}" for index in failing}, choose)
    for node, reason in scheduler.reasons.items():
        named = reason.split("'")[1]
        assert named in made[node].after
        assert scheduler.states[named] is (FAILED if reason.endswith("failed") else SKIPPED)


def test_a_thousand_steps_in_a_chain_are_scheduled():
    chain = {f"n{index}": f"n{index - 1}" if index else "" for index in range(1000)}
    scheduler = Scheduler(graph(**chain))
    assert run_to_end(scheduler, set(), random.Random(0)) == list(chain)


def test_a_failure_skips_a_chain_of_thousands_without_recursion():
    chain = {f"n{index}": f"n{index - 1}" if index else "" for index in range(5000)}
    scheduler = Scheduler(graph(**chain), continue_on_failure=True)
    scheduler.take()
    assert len(scheduler.fail("n0")) == 4999 and scheduler.finished

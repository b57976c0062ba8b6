"""When a step starts, and what a failure means for the others."""

from __future__ import annotations

import random

import attrs
from hypothesis import given
from hypothesis import strategies as st
from penstock.compilers.graph import FunctionRef, Graph, Map, Node, OnExit, OutputRef, Repeat
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


def controlled(made: Graph, **controls: object) -> Graph:
    """Put controls on some nodes of a graph."""
    return attrs.evolve(made, nodes=tuple(attrs.evolve(node, control=controls.get(node.id)) for node in made))


def unfolding(made: Graph, parent: str, items: int, limit: int | None = None, **how: bool) -> Scheduler:
    """Make a scheduler in which a mapped node has unfolded: each item has a step ``a`` and a step ``b`` that needs it."""
    scheduler = Scheduler(controlled(made, **{parent: Map((), graph(a="", b="a"))}), **how)
    assert parent in scheduler.fresh()
    scheduler.start(parent)
    body = {f"{parent}[{item}]": (f"{parent}[{item}]/a", f"{parent}[{item}]/b") for item in range(items)}
    instances = {id: graph(**{a: "", b: a}).nodes for id, (a, b) in body.items()}
    scheduler.unfold(parent, instances, limit=limit, closed_off=True)
    return scheduler


def test_a_control_node_is_never_taken():
    scheduler = Scheduler(controlled(graph(m=""), m=Map((), graph())))
    assert scheduler.take() is None and scheduler.fresh() == ["m"]


def test_what_is_unfolded_runs_before_what_waits_for_the_control_node():
    scheduler = unfolding(graph(m="", z="m"), "m", 1)
    assert taken(scheduler) == ["m[0]/a"]
    scheduler.succeed("m[0]/a")
    assert taken(scheduler) == ["m[0]/b"]
    scheduler.succeed("m[0]/b")
    assert scheduler.ended_scopes() == ["m[0]"] and scheduler.take() is None
    scheduler.succeed("m")
    assert scheduler.take() == "z"


def test_an_instance_without_nodes_has_ended_at_once():
    scheduler = Scheduler(controlled(graph(m=""), m=Map((), graph())))
    scheduler.start("m")
    scheduler.unfold("m", {"m[0]": ()})
    assert scheduler.ended_scopes() == ["m[0]"]


def test_a_failure_in_an_item_stops_that_item_only():
    scheduler = unfolding(graph(m="", z="m"), "m", 2)
    taken(scheduler)
    assert scheduler.fail("m[0]/a") == ["m[0]/b"]
    assert scheduler.ended_scopes() == ["m[0]"] and scheduler.scope("m[0]").state is FAILED
    scheduler.succeed("m[1]/a")
    assert scheduler.take() == "m[1]/b" and not scheduler.stopped("m[1]/b")


def test_a_failure_outside_stops_the_items_that_have_not_started():
    scheduler = unfolding(graph(m="", z=""), "m", 2)
    taken(scheduler)
    assert scheduler.fail("z") == ["m[0]/b", "m[1]/b"]
    assert scheduler.stopped("m[0]/a") == "step 'z' failed"


def test_a_failure_in_a_branch_or_round_skips_what_waits_for_its_control_node():
    scheduler = Scheduler(controlled(graph(r="", y="r", z=""), r=Repeat(graph(), graph(), 1)), continue_on_failure=True)
    scheduler.start("r")
    scheduler.unfold("r", {"r[1]": graph(**{"r[1]/a": ""}).nodes})
    taken(scheduler)
    assert scheduler.fail("r[1]/a") == ["y"] and scheduler.states["z"] is State.RUNNING


def test_no_more_items_run_than_their_limit_allows():
    scheduler = unfolding(graph(m=""), "m", 5, limit=2)
    assert taken(scheduler) == ["m[0]/a", "m[1]/a"]
    scheduler.succeed("m[0]/a")
    assert taken(scheduler) == ["m[0]/b"]
    scheduler.succeed("m[0]/b")
    assert taken(scheduler) == ["m[2]/a"]


def test_a_limit_does_not_hold_back_the_question_what_can_be_reused():
    assert unfolding(graph(m=""), "m", 4, limit=1).fresh() == ["m[0]/a", "m[1]/a", "m[2]/a", "m[3]/a"]


def test_items_that_were_reused_while_they_waited_take_no_place():
    scheduler = unfolding(graph(m=""), "m", 3, limit=1)
    for step in ("m[1]/a", "m[1]/b"):
        scheduler.start(step)
        scheduler.succeed(step, State.REUSED)
    assert taken(scheduler) == ["m[0]/a"]
    scheduler.fail("m[0]/a")
    assert taken(scheduler) == ["m[2]/a"]


def test_the_longest_chain_goes_through_bodies():
    made = controlled(graph(m="", z="m", c="", d="c", e="d"), m=Map((), graph(a="", b="a", c="b")))
    scheduler = Scheduler(made)
    scheduler.start("m")
    scheduler.unfold("m", {"m[0]": graph(**{"m[0]/a": ""}).nodes})
    assert taken(scheduler) == ["c", "m[0]/a"]


def test_what_was_skipped_by_choice_skips_who_cannot_do_without_and_no_others():
    function = FunctionRef("m", "f")
    needs = {"x": OutputRef("w")}
    scheduler = Scheduler(
        Graph("g", (
            Node("w", "w", function, {}), Node("a", "a", function, needs), Node("b", "b", function, needs, optional=("x",)),
            Node("c", "c", function, {}, after=("w",)), Node("d", "d", function, {"x": OutputRef("a")}),
        ))
    )  # fmt: skip
    scheduler.start("w")
    assert scheduler.skip("w", "the condition was false") == ["w", "a", "d"]
    assert scheduler.reasons["a"] == "step 'w' was skipped (the condition was false)"
    assert taken(scheduler) == ["b", "c"]


def exiting(**needs: str) -> Scheduler:
    return Scheduler(controlled(graph(**needs), exit=OnExit(graph(clean=""))))


def test_what_runs_at_the_end_waits_for_everything_else_also_for_what_is_written_after_it():
    scheduler = exiting(a="", exit="", b="a")
    assert taken(scheduler) == ["a"] and "exit" not in scheduler.fresh()
    scheduler.succeed("a")
    scheduler.take()
    scheduler.succeed("b")
    assert scheduler.fresh() == ["exit"]


def test_what_runs_at_the_end_runs_after_a_failure_too():
    scheduler = exiting(a="", b="a", c="", exit="a")
    scheduler.take()
    assert scheduler.fail("a") == ["b", "c"]
    assert scheduler.fresh() == ["exit"] and scheduler.outcome(scheduler.awaited("exit")) is FAILED


def test_what_runs_at_the_end_is_not_stopped_but_by_a_second_wish():
    scheduler = exiting(a="", exit="")
    assert scheduler.stop("enough") == ["a"] and scheduler.fresh() == ["exit"]
    scheduler.start("exit")
    scheduler.unfold("exit", {"exit": graph(**{"exit/clean": ""}).nodes})
    assert scheduler.stop("enough") == [] and scheduler.is_exiting("exit/clean")
    assert scheduler.stop("now", with_exits=True) == ["exit/clean"]


def test_the_end_of_a_group_does_not_wait_for_what_is_outside():
    function = FunctionRef("m", "f")
    scheduler = Scheduler(
        Graph("g", (
            Node("p/a", "a", function, {}, group="p"), Node("p/q/b", "b", function, {}, group="p/q"),
            Node("p/exit", "exit", function, {}, group="p", control=OnExit(graph())), Node("z", "z", function, {}),
        ))
    )  # fmt: skip
    assert scheduler.awaited("p/exit") == ["p/a", "p/q/b"]


def test_thousands_of_items_cost_no_more_each_than_a_few():
    scheduler = unfolding(graph(m="", z="m"), "m", 5000, limit=4)
    started = run_to_end_of_items(scheduler)
    assert started == 10_000 and len(scheduler.ended_scopes()) == 5000


def run_to_end_of_items(scheduler: Scheduler) -> int:
    started = 0
    while (step := scheduler.take()) is not None:
        started += 1
        scheduler.fail(step) if step.endswith("7]/b") else scheduler.succeed(step)
    return started

"""What control nodes do while a run goes on; the graphs are made by hand, and the steps run in this process."""

from __future__ import annotations

import operator
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest

from penstock import Local, Run, Workspace
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.graph import (
    Binding,
    Collection,
    FunctionRef,
    Graph,
    Literal,
    Map,
    Node,
    OnExit,
    Operation,
    Output,
    OutputRef,
    Parameter,
    ParameterRef,
    Repeat,
    Source,
    When,
)
from penstock.compilers.lowering import Compiled
from penstock.runtime.events import StepSkipped

FINGERPRINTER = Fingerprinter()
CALLS: list[object] = []


def double(x):
    CALLS.append(x)
    return 2 * x


def total(xs):
    return sum(xs)


def fussy(x):
    return double(x) if x != "bad" else 1 / 0


def add(x, y):
    return x + y


def both(x):
    return x, -x


def pickled(n):
    return [complex(number) for number in range(n)]


def keyed(n):
    return {(number, "key"): complex(number) for number in range(n)}


def text():
    return "text"


def told(status):
    CALLS.append(status)


def shown(x):
    return f"{x} and its type {type(x).__name__}"


def call(function: Callable[..., Any], id: str | None = None, **inputs: object) -> Node:
    """Make a node that calls a function. Inputs that are no bindings are literals."""
    ref = FunctionRef(function.__module__, function.__qualname__)
    bound = {name: value if isinstance(value, Binding.__args__) else Literal(value) for name, value in inputs.items()}
    return Node(
        id or function.__name__, function.__name__, ref, bound, fingerprint=FINGERPRINTER.function(function).digest
    )


def mapped(function: Callable[..., Any], over: str, limit: int | None = None, **inputs: object) -> Node:
    """Make a node that maps a step."""
    body = graph(
        call(function, **{name: ParameterRef(name) for name in inputs}),
        parameters=tuple(map(Parameter, inputs)),
    )
    return attrs.evolve(call(function, **inputs), control=Map(tuple(over.split()), body, limit), fingerprint=None)


def control(id: str, made: object, **inputs: object) -> Node:
    """Make any other control node."""
    node = call(told, id, **inputs)
    return attrs.evolve(node, function=FunctionRef("penstock", id), name=id, control=made, fingerprint=None)


def graph(*nodes: Node, output: Binding | None = None, **fields: Any) -> Graph:
    """Make a graph that returns what its last node does."""
    return Graph("g", nodes, output=output or OutputRef(nodes[-1].id), **fields)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Run]:
    """Run a graph, whatever becomes of it."""
    CALLS.clear()

    def ran(made: Graph, **settings: Any) -> Run:
        how = {"executor": "inline", "display": "none", "raise_on_failure": False, "workspace": tmp_path, **settings}
        return Local(**how).run_compiled(Compiled(made, {}, tmp_path))

    return ran


def states(run: Run) -> dict[str, str]:
    return {step: str(record.state) for step, record in run.steps.items()}


def test_a_step_is_mapped_over_a_list_in_order(run):
    made = run(graph(mapped(double, "x", x=[3, 1, 2])))
    assert made.result() == [6, 2, 4]
    assert list(made.steps) == ["double", "double[0]", "double[1]", "double[2]"]


def test_a_mapped_result_feeds_a_reducing_step(run):
    assert run(graph(mapped(double, "x", x=[1, 2]), call(total, xs=OutputRef("double")))).result() == 6


def test_what_is_not_mapped_goes_to_each_item_whole(run):
    assert run(graph(mapped(add, "x", x=["a", "b"], y="!"))).result() == ["a!", "b!"]


def test_several_lists_go_side_by_side(run):
    assert run(graph(mapped(add, "x y", x=[1, 2], y=[10, 20]))).result() == [11, 22]


def test_lists_of_two_lengths_are_refused(run):
    made = run(graph(mapped(add, "x y", x=[1, 2], y=[1, 2, 3])))
    assert "must be equally long: 'x' has 2 and 'y' has 3 items" in made.failures["add"].message


def test_what_has_no_items_is_refused(run):
    made = run(graph(call(text), mapped(double, "x", x=OutputRef("text"))))
    assert "was given a str" in made.failures["double"].message or "was given a str" in str(made.failures)


def test_an_empty_list_gives_an_empty_list(run):
    assert run(graph(mapped(double, "x", x=[]), call(total, xs=OutputRef("double")))).result() == 0


def test_a_dict_gives_a_dict_with_the_same_keys(run):
    made = run(graph(mapped(double, "x", x={"a": 1, "b": 2})))
    assert made.result() == {"a": 2, "b": 4} and made.steps["double[1]"].label == "double[1] 'b'"


def test_an_item_of_a_mapped_result_can_be_taken(run):
    items = mapped(double, "x", x={"a": 1, "b": 2})
    assert run(graph(items, call(shown, x=OutputRef("double", path=("b",))))).result() == "4 and its type int"


def test_an_item_that_is_not_there_fails_who_takes_it(run):
    made = run(graph(mapped(double, "x", x=[1]), call(shown, x=OutputRef("double", path=(3,)))))
    assert "selects the item 3, which a list of 1 does not have" in made.failures["shown"].message


def test_a_step_with_several_outputs_gives_a_list_of_each(run):
    inner = attrs.evolve(call(both, x=ParameterRef("x")), outputs=(Output("plus"), Output("minus")))
    output = Collection("tuple", (OutputRef("both", "plus"), OutputRef("both", "minus")))
    node = attrs.evolve(
        call(both, x=[1, 2]), outputs=inner.outputs, control=Map(("x",), graph(inner, output=output)), fingerprint=None
    )
    assert run(graph(node, output=OutputRef("both", "minus"))).result() == [-1, -2]


@pytest.mark.parametrize(
    ("source", "expected"), [(pickled, [0j, 2 + 0j]), (keyed, {(0, "key"): 0j, (1, "key"): 2 + 0j})]
)
def test_a_pickled_list_or_dict_is_split_by_a_worker(run, source, expected):
    made = graph(call(source, n=2), mapped(double, "x", x=OutputRef(source.__name__)))
    assert run(made).result() == expected


def test_one_more_item_runs_one_item(run):
    for size in (2, 3):
        run(graph(call(pickled, n=size), mapped(double, "x", x=OutputRef("pickled"))))
    assert CALLS == [0j, 1 + 0j, 2 + 0j]


def test_one_more_plain_item_runs_one_item(run):
    for items in ([1, 2], [1, 2, 3], [0, 1, 2, 3]):
        run(graph(mapped(double, "x", x=items)))
    assert CALLS == [1, 2, 3, 0]


def test_equal_items_run_once(run):
    assert run(graph(mapped(double, "x", x=[5, 5, 5]))).result() == [10, 10, 10] and CALLS == [5]


def test_a_failed_item_does_not_stop_the_others_and_is_named(run):
    made = run(graph(mapped(fussy, "x", x=[1, "bad", 2]), call(total, xs=OutputRef("fussy"))))
    assert made.failures["fussy"].message == "1 of 3 items failed: [1] 'bad'"
    assert states(made) == {
        "fussy": "failed", "fussy[0]": "completed", "fussy[1]": "failed", "fussy[2]": "completed", "total": "skipped",
    }  # fmt: skip


def test_the_exception_of_an_item_is_the_cause(run):
    made = run(graph(mapped(fussy, "x", x=[1, "bad"])))
    with pytest.raises(Exception, match="1 of 2 items failed") as caught:
        made.check()
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def nested(**inputs: object) -> Graph:
    inner = mapped(add, "x", x=ParameterRef("row"), y=ParameterRef("y"))
    parameters = (Parameter("row"), Parameter("y"))
    body = graph(inner, call(total, xs=OutputRef("add")), parameters=parameters)
    return graph(control("rows", Map(("row",), body), **inputs))


def test_maps_nest(run):
    made = run(nested(row=[[1, 2], [3]], y=10))
    assert made.result() == [23, 13]
    assert list(made.steps)[:4] == ["rows", "rows[0]/add", "rows[0]/add[0]", "rows[0]/add[1]"]


def test_a_failure_deep_in_an_item_fails_what_holds_it(run):
    made = run(nested(row=[[1, "bad"], [3]], y=10))
    assert set(made.failures) == {"rows", "rows[0]/add", "rows[0]/add[1]"}
    assert made.steps["rows[1]/total"].result() == 13


def when(condition: Binding | object, otherwise: bool = False) -> Node:
    other = graph(call(double, x=ParameterRef("y")), parameters=(Parameter("y"),)) if otherwise else None
    return control("when", When(graph(call(double, x=ParameterRef("x"))), other), condition=condition, x=1, y=5)


def test_one_branch_runs_and_the_other_is_told_as_skipped(run):
    made = run(graph(when(False, otherwise=True)))
    assert made.result() == 10
    assert states(made) == {"when": "completed", "when/double": "skipped", "when/otherwise/double": "completed"}
    assert made.steps["when/double"].reason == "the condition was false"


@pytest.mark.parametrize(
    ("operator_", "left", "right", "expected"), [("<", 1, 2, 2), (">=", 1, 2, None), ("|", False, True, 2)]
)
def test_a_condition_is_computed_without_a_worker(run, operator_, left, right, expected):
    condition = Operation(operator_, (Literal(left), Literal(right)))
    assert run(graph(when(condition))).result() == expected


def test_operands_that_do_not_compare_fail_the_node_with_both_and_the_line(run):
    node = attrs.evolve(when(Operation("<", (Literal("a"), Literal(3)))), source=Source("flow.py", 7))
    message = run(graph(node)).failures["when"].message
    assert message.startswith("`'a' < 3` cannot be computed: '<' not supported") and message.endswith("(flow.py:7)")


def test_who_can_do_with_none_gets_it_and_who_cannot_is_skipped(run):
    takes = attrs.evolve(call(shown, x=OutputRef("when")), optional=("x",))
    made = run(graph(when(False), takes, call(double, "other", x=OutputRef("when"))))
    assert made.steps["shown"].result() == "None and its type NoneType"
    assert made.steps["other"].reason == "step 'when' was skipped (the condition was false)"
    assert made.state == "completed"


def test_what_was_skipped_goes_through_a_control_node(run):
    body = graph(call(double, "inner", x=ParameterRef("x")), call(text), output=OutputRef("text"))
    outer = attrs.evolve(control("outer", When(body), condition=True, x=OutputRef("when")), optional=("x",))
    made = run(graph(when(False), outer))
    assert made.result() == "text" and made.steps["outer/inner"].reason == "its input 'x' was skipped"


def repeated(limit: int, **how: Any) -> Graph:
    body = graph(call(double, x=ParameterRef("state")), parameters=(Parameter("state"),))
    until = graph(output=Operation(">", (ParameterRef("state"), Literal(10))), parameters=(Parameter("state"),))
    return graph(control("repeat", Repeat(until, body, limit, **how), state=1))


def test_a_body_is_repeated_until_its_condition_holds(run):
    made = run(repeated(10))
    assert made.result() == 16
    assert [step.reason for step in made.steps.values() if step.id == "repeat"] == ["round 4 of at most 10"]
    assert list(made.steps)[1:] == [f"repeat[{number}]/double" for number in (1, 2, 3, 4)]


def test_rounds_are_reused(run):
    run(repeated(10))
    assert set(states(run(repeated(10))).values()) == {"reused"}


def test_a_condition_that_never_holds_fails_with_the_last_state(run):
    assert run(repeated(2)).failures["repeat"].message == "not reached in 2 rounds: the last state was 4"


def test_at_the_limit_the_last_state_may_do(run):
    assert run(repeated(2, on_limit="return")).result() == 4


def exiting(first: Node) -> Graph:
    cleanup = graph(call(told, status=ParameterRef("status")), parameters=(Parameter("status"),))
    return graph(first, control("on_exit", OnExit(cleanup)), output=OutputRef(first.id))


@pytest.mark.parametrize(("x", "status"), [(1, "completed"), ("bad", "failed")])
def test_what_runs_at_the_end_is_told_how_all_else_ended(run, x, status):
    made = run(exiting(call(fussy, x=x)))
    assert CALLS[-1:] == [status] and made.steps["on_exit/told"].state == "completed" and made.state == status


def test_an_end_that_fails_fails_the_run(run):
    cleanup = graph(call(fussy, x="bad"))
    assert set(run(graph(call(text), control("on_exit", OnExit(cleanup)))).failures) == {"on_exit", "on_exit/fussy"}


def test_a_run_out_of_the_history_gives_the_same(run, tmp_path):
    made = run(nested(row=[[1, 2], [3]], y=10))
    again = Run.get(made.id, Workspace.open(tmp_path))
    assert again.result() == [23, 13] and states(again) == states(made)
    assert [item.id for item in again.steps["rows"].items] == [
        "rows[0]/add",
        "rows[0]/total",
        "rows[1]/add",
        "rows[1]/total",
    ]


def interrupt():
    raise KeyboardInterrupt


def interrupt_once():
    CALLS.append("cleaning")
    if len(CALLS) == 1:
        raise KeyboardInterrupt


def test_what_runs_at_the_end_runs_after_an_interruption(run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(exiting(call(interrupt)))
    made = Run.get("last", Workspace.open(tmp_path))
    assert CALLS == ["cancelled"] and made.state == "cancelled"
    assert states(made) == {"interrupt": "cancelled", "on_exit": "completed", "on_exit/told": "completed"}


def test_an_end_that_is_interrupted_itself_starts_again_once(run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(graph(call(text), control("on_exit", OnExit(graph(call(interrupt_once)))), output=OutputRef("text")))
    made = Run.get("last", Workspace.open(tmp_path))
    assert (
        CALLS == ["cleaning", "cleaning"] and made.steps["on_exit"].state == "completed" and made.state == "cancelled"
    )


def test_a_second_interruption_ends_the_end(run, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(
            graph(
                call(interrupt),
                control("on_exit", OnExit(graph(call(interrupt, "again")))),
                output=OutputRef("interrupt"),
            )
        )
    made = Run.get("last", Workspace.open(tmp_path))
    assert set(states(made).values()) == {"cancelled"}


def test_what_was_asked_for_is_regenerated_by_name_and_by_item(run):
    made = graph(mapped(double, "x", x=[1, 2]))
    run(made)
    run(made, regenerate_outputs=["double"])
    run(made, regenerate_outputs=["double[1]"])
    assert CALLS == [1, 2, 1, 2, 2]

"""What depends on values of the run becomes one node each, whose bodies are closed graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict

import numpy as np
import pytest

from penstock import Graph, RunStatus, TypeMismatch, each, on_exit, pipeline, repeat, step, when
from penstock.compilers.graph import (
    Attached,
    Collection,
    Literal,
    Node,
    Operation,
    Output,
    OutputRef,
    ParameterRef,
)
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.traversal import named_bodies


class Pair(NamedTuple):
    left: int
    right: str


class Scores(TypedDict):
    rmse: float


@step
def numbers() -> list[int]: ...
@step
def table() -> dict[str, int]: ...
@step
def number(x: float = 1.0) -> int: ...
@step
def pair(x: int = 0) -> tuple[int, str]: ...
@step
def named(x: int) -> Pair: ...
@step
def scores(x: int = 0) -> Scores: ...
@step
def show(x: Any, y: Any = None): ...
@step
def total(xs: list[int]) -> int: ...
@step
def maybe(x: int | None) -> int: ...
@step
def must(x: int) -> int: ...
@step
def effect() -> None: ...
@step
def clean(x: int | None, status: RunStatus) -> None: ...


@pipeline
def tune(x: int, rate: float) -> tuple[int, int]:
    return number(rate), must(x)


def graph_of(body: Callable[..., object]) -> Graph:
    return compile_pipeline(body).graph


def node_of(body: Callable[..., object], name: str) -> Node:
    return graph_of(body)[name]


def body_of(body: Callable[..., object], name: str, part: str = "body") -> Graph:
    return named_bodies(node_of(body, name))[part]


def test_a_mapped_step_is_one_node_with_one_node_inside():
    node = node_of(lambda: number(each(numbers())), "number")
    assert (node.control.over, node.control.limit, node.outputs) == (("x",), None, (Output("output", "list[int]"),))
    assert node.inputs == {"x": OutputRef("numbers")}
    (inner,) = node.control.body
    assert (inner.id, inner.inputs, inner.function) == ("number", {"x": ParameterRef("x")}, node.function)
    assert node.control.body.output == OutputRef("number")


def test_other_arguments_of_a_mapped_step_are_inputs_of_the_node():
    node = node_of(lambda: show(each([1, 2]), y=5), "show")
    assert node.inputs == {"x": Literal([1, 2]), "y": Literal(5)}
    assert node.control.body.nodes[0].inputs == {"x": ParameterRef("x"), "y": ParameterRef("y")}


def test_ints_become_floats_in_what_is_mapped():
    assert node_of(lambda: number(each([1, 2])), "number").inputs == {"x": Literal([1.0, 2.0])}


def test_the_smallest_limit_holds():
    assert node_of(lambda: show(each([1], limit=5), each([1], limit=3)), "show").control.limit == 3


def test_promises_in_a_mapped_list_are_items():
    node = node_of(lambda: must(each([must(1), must(2)])), "must-3")
    assert node.inputs["x"] == Collection("list", (OutputRef("must"), OutputRef("must-2")))


@pytest.mark.parametrize(("call", "kind"), [
    (lambda: must(each({"a": 1})), "dict[str, int]"),
    (lambda: must(each(table())), "dict[str, int]"),
    (lambda: must(each(show(1))), "Any"),
    (lambda: must(each((1, 2))), "list[int]"),
    (lambda: show(each(numbers())), "list[Any]"),
])  # fmt: skip
def test_the_type_of_a_mapped_result(call, kind):
    assert [output.type for output in graph_of(call).nodes[-1].outputs] == [kind]


def test_several_outputs_are_several_lists():
    graph = graph_of(lambda: pair(each(numbers())))
    assert graph["pair"].outputs == (Output("output_0", "list[int]"), Output("output_1", "list[str]"))
    assert graph.output == Collection("tuple", (OutputRef("pair", "output_0"), OutputRef("pair", "output_1")))
    inner = graph["pair"].control.body
    assert inner.output == Collection("tuple", (OutputRef("pair", "output_0"), OutputRef("pair", "output_1")))


def test_named_outputs_stay_named():
    graph = graph_of(lambda: show(named(each(numbers())).right, scores(each(numbers()))["rmse"]))
    assert graph["show"].inputs == {"x": OutputRef("named", "right"), "y": OutputRef("scores", "rmse")}


def test_a_mapped_step_without_output_gives_a_list_of_nothing():
    assert node_of(lambda: clean.after(1)(each([1]), RunStatus.FAILED), "clean").outputs == (
        Output("output", "list[None]"),
    )


def test_a_mapped_pipeline_has_its_steps_inside():
    node = node_of(lambda: tune(each(numbers()), 0.5), "tune")
    assert [(inner.id, inner.inputs) for inner in node.control.body] == [
        ("number", {"x": Literal(0.5)}),
        ("must", {"x": ParameterRef("x")}),
    ]
    assert [output.type for output in node.outputs] == ["list[int]", "list[int]"]
    assert node.inputs == {"x": OutputRef("numbers")}


def test_a_promise_for_a_mapped_pipeline_has_the_name_of_its_parameter():
    node = node_of(lambda: tune(each(numbers()), number()), "tune")
    assert node.inputs == {"x": OutputRef("numbers"), "rate": OutputRef("number")}


def test_what_a_part_takes_from_around_it_is_a_parameter_with_the_name_of_its_origin():
    def body(rate: float):
        first, _second = pair()
        node = number(rate)
        return when(node > 1, lambda: show(first, [node, node]), otherwise=lambda: show(rate, scores()["rmse"]))

    node = node_of(body, "when")
    assert list(node.inputs.items()) == [
        ("condition", Operation(">", (OutputRef("number"), Literal(1)))),
        ("pair_output_0", OutputRef("pair", "output_0")),
        ("number", OutputRef("number")),
        ("rate", ParameterRef("rate")),
    ]
    assert [parameter.name for parameter in node.control.then.parameters] == ["pair_output_0", "number"]
    assert [(parameter.name, parameter.type) for parameter in node.control.otherwise.parameters] == [("rate", "float")]


def test_names_of_captured_values_are_unique_and_never_those_of_the_node():
    def body(condition: int, state: int):
        first, second = number(), number()
        return when(number() > 1, lambda: show([condition, state], [first, second]))

    assert list(node_of(body, "when").inputs) == ["condition", "condition_2", "state_2", "number", "number_2"]


def test_an_item_of_what_is_captured_is_selected_inside():
    def body():
        found = show(1)
        return when(number() > 1, lambda: must(found["a"][0]))

    assert body_of(body, "when", "then")["must"].inputs == {"x": ParameterRef("show", ("a", 0))}


def test_what_is_captured_goes_through_every_part_between():
    def body(x: int):
        return when(number() > 1, lambda: when(number() > 2, lambda: must(x)))

    outer = node_of(body, "when")
    inner = outer.control.then["when"]
    assert (outer.inputs["x"], inner.inputs["x"]) == (ParameterRef("x"), ParameterRef("x"))
    assert inner.control.then["must"].inputs == {"x": ParameterRef("x")}


def test_order_inside_of_a_part_lets_the_whole_part_wait():
    def body():
        done = effect()
        return when(number() > 1, lambda: show.after(done)(done))

    assert node_of(body, "when").after == ("effect",)
    assert body_of(body, "when", "then")["show"].inputs["x"] == Literal(None)


def test_a_structure_that_both_branches_return_comes_apart():
    def body():
        left, right = when(number() > 1, lambda: pair(), otherwise=lambda: (number(), "plain"))
        return show(left, right)

    graph = graph_of(body)
    assert graph["show"].inputs == {"x": OutputRef("when", path=(0,)), "y": OutputRef("when", path=(1,))}
    assert graph["when"].outputs == (Output("output", "tuple[int, str]"),)
    assert graph["when"].control.otherwise.output == Collection("tuple", (OutputRef("number"), Literal("plain")))


def test_other_structures_are_one_promise_of_either_type():
    graph = graph_of(lambda: show(when(number() > 1, lambda: pair(), otherwise=lambda: number())))
    assert graph["show"].inputs["x"] == OutputRef("when")
    assert graph["when"].outputs[0].type == "tuple[int, str] | int"


def test_a_branch_that_makes_nothing_may_return_what_is_around_it():
    node = node_of(lambda x: when(number() > 1, lambda: x, otherwise=lambda: "none"), "when")
    assert (len(node.control.then), node.control.then.output) == (0, ParameterRef("x"))
    assert node.control.otherwise.output == Literal("none")


def test_a_plain_condition_takes_its_branch_at_once():
    assert [node.id for node in graph_of(lambda: when(True, lambda: number(), otherwise=lambda: show(1)))] == ["number"]


def test_the_type_of_either_branch_is_checked_where_it_is_used():
    with pytest.raises(TypeMismatch, match=r"must be int, and is given int \| dict\[str, int\]"):
        graph_of(lambda: must(when(number() > 1, lambda: number(), otherwise=lambda: table())))


@pytest.mark.parametrize(("make", "expected"), [
    (lambda a, b: a == 1, Operation("==", (ParameterRef("a"), Literal(1)))),
    (lambda a, b: 1 < a, Operation(">", (ParameterRef("a"), Literal(1)))),
    (lambda a, b: np.float64(1) < a, Operation("<", (Literal(1.0), ParameterRef("a")))),
    (lambda a, b: a["x"] >= b, Operation(">=", (ParameterRef("a", ("x",)), ParameterRef("b")))),
    (lambda a, b: ~(a != b), Operation("~", (Operation("!=", (ParameterRef("a"), ParameterRef("b"))),))),
    (lambda a, b: True | (a == b), Operation("|", (Literal(True), Operation("==", (ParameterRef("a"), ParameterRef("b")))))),
])  # fmt: skip
def test_comparisons_are_operations(make, expected):
    def body(a, b):
        return show(make(a, b))

    assert node_of(body, "show").inputs["x"] == expected


def test_comparing_with_what_no_document_can_hold_is_refused():
    with pytest.raises(TypeMismatch, match="a promise is compared with .*, which no document can hold"):
        graph_of(lambda: show(number() == object()))


def test_a_repeated_step_starts_from_the_first_state():
    node = node_of(lambda: repeat(must, number(), until=lambda state: state > 3, limit=5), "must")
    assert (node.inputs, node.control.limit, node.control.on_limit) == ({"state": OutputRef("number")}, 5, "fail")
    assert node.control.body["must"].inputs == {"x": ParameterRef("state")}
    assert node.control.until.output == Operation(">", (ParameterRef("state"), Literal(3)))


def test_a_repeated_lambda_is_called_repeat_and_a_state_of_several_values_comes_apart():
    def body(rate: float):
        state = repeat(
            lambda it: (must(it[0]), number(rate)), (1, 0.5), until=lambda it: it[1] > 3, limit=5, on_limit="return"
        )
        return show(state[1])

    graph = graph_of(body)
    assert graph["repeat"].inputs == {"state": Literal((1, 0.5)), "rate": ParameterRef("rate")}
    assert graph["repeat"].control.body["must"].inputs == {"x": ParameterRef("state", (0,))}
    assert graph["show"].inputs["x"] == OutputRef("repeat", path=(1,))


def test_a_test_may_be_steps():
    node = node_of(lambda: repeat(must, 1, until=lambda it: show(it) == "good", limit=2), "must")
    assert [inner.id for inner in node.control.until] == ["show"]


def test_a_cleanup_takes_the_status_and_does_without_what_is_not_there():
    def body():
        made = number()
        on_exit(lambda: clean(made))
        return made

    node = node_of(body, "on_exit")
    assert (node.inputs, node.optional, node.outputs) == ({"number": OutputRef("number")}, ("number",), ())
    inner = node.control.cleanup["clean"]
    assert inner.inputs == {"x": ParameterRef("number"), "status": ParameterRef("status")}
    assert inner.optional == ("x",)


def test_a_cleanup_may_ask_for_the_status_itself():
    def body():
        on_exit(lambda how: show(how))
        return number()

    assert [parameter.name for parameter in body_of(body, "on_exit", "cleanup").parameters] == ["status"]


def test_a_nested_pipeline_has_its_own_cleanup():
    @pipeline
    def inner():
        on_exit(effect)
        return number()

    node = node_of(lambda: inner(), "inner/on_exit")
    assert (node.group, node.inputs, [one.id for one in node.control.cleanup]) == ("inner", {}, ["effect"])


def test_a_step_that_admits_none_does_without_what_was_skipped():
    graph = graph_of(lambda: maybe(when(number() > 1, lambda: number())))
    assert graph["maybe"].optional == ("x",)


def test_what_does_not_admit_none_is_skipped_and_so_on():
    def body():
        may_be_skipped = must(when(number() > 1, lambda: number()))
        return [
            maybe(may_be_skipped),
            show([may_be_skipped, 1]),
            total([may_be_skipped]),
            maybe(total([may_be_skipped])),
        ]

    graph = graph_of(body)
    assert {node.id: node.optional for node in graph if node.optional} == {
        "maybe": ("x",),
        "show": ("x",),
        "maybe-2": ("x",),
    }


def test_what_has_both_branches_is_never_skipped():
    graph = graph_of(lambda: maybe(when(number() > 1, lambda: number(), otherwise=lambda: number())))
    assert graph["maybe"].optional == ()


def test_what_was_skipped_goes_into_a_part_as_such():
    def body():
        skipped = when(number() > 1, lambda: number())
        return when(number() > 2, lambda: maybe(skipped), otherwise=lambda: must(skipped))

    node = node_of(body, "when-2")
    assert node.optional == ("when",)
    assert (node.control.then["maybe"].optional, node.control.otherwise["must"].optional) == (("x",), ())


def test_values_in_parts_are_attached_to_the_outermost_graph():
    array = np.arange(3)
    graph = graph_of(lambda: when(number() > 1, lambda: show(array), otherwise=lambda: show(np.arange(2))))
    assert graph["when"].control.then["show"].inputs["x"] == Attached("when/then/show.x")
    assert graph["when"].control.otherwise["show"].inputs["x"] == Attached("when/otherwise/show.x")
    assert graph.attachments["when/then/show.x"] is array
    assert graph["when"].control.then.attachments == {}


def test_namesakes_are_numbered_in_each_part_by_itself():
    graph = graph_of(lambda: [number(), when(number() > 1, lambda: [number(), number()])])
    assert [node.id for node in graph] == ["number", "number-2", "when"]
    assert [node.id for node in graph["when"].control.then] == ["number", "number-2"]


def test_mapped_namesakes_are_labelled_by_their_plain_arguments():
    graph = graph_of(lambda: [show(each(numbers()), kind) for kind in ("a", "b")])
    assert [node.label for node in graph][1::2] == ["show (y='a')", "show-2 (y='b')"]


def test_steps_in_parts_have_fingerprints():
    from penstock.compilers.fingerprints import Fingerprinter

    made = compile_pipeline(lambda: [when(number() > 1, lambda: total(number(each([1]))))]).identified(Fingerprinter())
    then = made.graph["when"].control.then
    assert made.graph["when"].fingerprint is None
    assert then["total"].fingerprint in made.manifests
    assert then["number"].control.body["number"].fingerprint == made.graph["number"].fingerprint

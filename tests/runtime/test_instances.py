"""How what control nodes unfold to is called, and which node it is of."""

from __future__ import annotations

import pytest

from penstock.compilers.graph import (
    FunctionRef,
    Graph,
    Literal,
    Map,
    Node,
    OutputRef,
    Parameter,
    ParameterRef,
    Repeat,
    When,
)
from penstock.runtime.instances import EXACTLY, branch_of, item_of, names_of, original


def node(name: str, control: object = None, **inputs: object) -> Node:
    return Node(name, name.rpartition("/")[2], FunctionRef("m", name), inputs, control=control)


STEP = Graph(
    "evaluate",
    (node("evaluate", x=ParameterRef("x"), y=ParameterRef("y")),),
    (Parameter("x"), Parameter("y")),
    OutputRef("evaluate"),
)
PIPELINE = Graph(
    "tune",
    (node("fit", x=ParameterRef("x")), node("test", m=OutputRef("fit"), n=Literal(1))),
    (Parameter("x"),),
    OutputRef("test"),
)
GRAPH = Graph("g", (
    node("load"), node("evaluate", Map(("x",), STEP)), node("tune", Map(("x",), PIPELINE)), node("when", When(PIPELINE, STEP)),
    node("improve", Repeat(Graph("until", (node("good"),)), Graph("b", (node("tune", Map(("x",), PIPELINE)),)), 3)),
))  # fmt: skip


def test_an_item_of_a_mapped_step_is_one_node_with_a_parameter_of_its_own():
    mapped = GRAPH["evaluate"]
    item = item_of(mapped, mapped.control, 3, {"y": "evaluate.y"}, "'key'")
    (made,) = item.nodes
    assert (made.id, made.label, item.output) == ("evaluate[3]", "evaluate[3] 'key'", OutputRef("evaluate[3]"))
    assert made.inputs == {"x": ParameterRef("evaluate[3].x"), "y": ParameterRef("evaluate.y")}


def test_the_nodes_of_a_mapped_pipeline_stand_behind_the_item():
    mapped = GRAPH["tune"]
    fit, test = item_of(mapped, mapped.control, 0, {}).nodes
    assert (fit.id, fit.group, test.inputs["m"], test.inputs["n"]) == (
        "tune[0]/fit",
        "tune[0]",
        OutputRef("tune[0]/fit"),
        Literal(1),
    )


def test_branches_with_a_step_of_the_same_name_are_told_apart():
    both = node("when", When(STEP, STEP))
    assert [branch_of(both, both.control, which, {}).nodes[0].id for which in (True, False)] == [
        "when/evaluate",
        "when/otherwise/evaluate",
    ]
    assert branch_of(GRAPH["when"], GRAPH["when"].control, False, {}).nodes[0].id == "when/evaluate"


@pytest.mark.parametrize(
    ("step", "function"),
    [
        ("load", "load"), ("evaluate[3]", "evaluate"), ("tune[12]/test", "test"), ("when/fit", "fit"), ("when/evaluate", "evaluate"),
        ("improve[2]/tune", "tune"), ("improve[2]/tune[0]/fit", "fit"), ("improve[1]/until/good", "good"), ("nothing", None), ("tune[3]", None),
        ("evaluate/items", None), ("load[3]", None),
    ],
)  # fmt: skip
def test_a_step_run_is_of_a_node(step, function):
    found = original(GRAPH, step)
    assert (found and found.function.qualname) == function


def test_a_step_run_goes_by_all_that_it_is_part_of():
    plain = {name for name in names_of(node("improve[2]/tune[0]/fit")) if not name.startswith(EXACTLY)}
    assert plain == {
        "fit", "improve", "improve[2]", "improve/tune", "improve[2]/tune", "improve[2]/tune[0]", "improve/tune/fit", "improve[2]/tune[0]/fit",
    }  # fmt: skip

"""A part of a graph is a whole graph again: verified, with a result, and without what nothing in it uses."""

from __future__ import annotations

import pytest
from penstock.compilers.graph import (
    Attached,
    Collection,
    FunctionRef,
    Graph,
    Group,
    Literal,
    Node,
    Output,
    OutputRef,
    Parameter,
    ParameterRef,
)
from penstock.compilers.passes import alone, until
from penstock.compilers.verification import verify


def node(name: str, *needs: str, after: tuple[str, ...] = (), **fields: object) -> Node:
    """A step that takes the outputs of others."""
    inputs = {need: OutputRef(need) for need in needs}
    inputs |= fields.pop("inputs", {})  # type: ignore[arg-type]
    return Node(name, name.rpartition("/")[2], FunctionRef("m", name), inputs, after=after, **fields)  # type: ignore[arg-type]


DIAMOND = verify(
    Graph(
        "shop",
        (
            node("load", inputs={"source": ParameterRef("source")}),
            node("check", "load", after=()),
            node("left", "load", after=("check",)),
            node("right", "load", inputs={"lr": ParameterRef("lr")}),
            node("join", "left", "right"),
        ),
        (Parameter("source"), Parameter("lr"), Parameter("kind", static=True, default=Literal("a"))),
        OutputRef("join"),
    )
)


def ids(graph: Graph) -> list[str]:
    return [node.id for node in graph]


def test_until_keeps_a_node_and_all_that_it_needs_in_order():
    assert ids(until(DIAMOND, ["right"])) == ["load", "right"]
    assert ids(until(DIAMOND, ["left"])) == ["load", "check", "left"]


def test_alone_leaves_out_what_merely_came_before():
    assert ids(alone(DIAMOND, ["left"])) == ["load", "left"]
    assert alone(DIAMOND, ["left"])["left"].after == ()


def test_the_result_is_what_the_node_returns():
    assert until(DIAMOND, ["right"]).output == OutputRef("right")


def test_several_nodes_give_a_dict_of_results():
    output = until(DIAMOND, ["left", "right"]).output
    assert output == Collection("dict", (OutputRef("left"), OutputRef("right")), keys=("left", "right"))


def test_several_outputs_are_a_tuple_and_none_is_none():
    pair = Graph("g", (node("split", outputs=(Output("a"), Output("b"))), node("tell", outputs=()), node("end")))
    assert until(pair, ["split"]).output == Collection("tuple", (OutputRef("split", "a"), OutputRef("split", "b")))
    assert until(pair, ["tell"]).output == Literal(None)


def test_a_graph_that_loses_nothing_keeps_its_result():
    assert until(DIAMOND, ["join"]) == DIAMOND


def test_parameters_that_nothing_uses_are_gone_but_those_that_shaped_the_graph():
    assert [parameter.name for parameter in until(DIAMOND, ["left"]).parameters] == ["source", "kind"]


def test_groups_stay_with_those_around_them_as_long_as_a_node_is_in_them():
    groups = (Group("a", "a"), Group("a/b", "b", "a"), Group("c", "c"))
    graph = verify(Graph("g", (node("a/b/load", group="a/b"), node("c/load", group="c")), groups=groups))
    assert [group.id for group in until(graph, ["a/b/load"]).groups] == ["a", "a/b"]


def test_only_the_attached_values_that_are_needed_stay():
    row = Collection("namedtuple", (OutputRef("load"),), ("x",), "m:Row", Attached("class"))
    nodes = (node("load", inputs={"data": Attached("data")}), node("use", inputs={"row": row}))
    graph = Graph("g", nodes, attachments={"data": 1, "class": 2, "other": 3})
    assert dict(until(graph, ["load"]).attachments) == {"data": 1}
    assert dict(until(graph, ["use"]).attachments) == {"data": 1, "class": 2}


@pytest.mark.parametrize("cut", [until, alone])
def test_a_node_that_is_not_there_is_a_key_error(cut):
    with pytest.raises(KeyError):
        cut(DIAMOND, ["nothing"])

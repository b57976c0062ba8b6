"""Verification: every valid graph passes, and each broken invariant is named with the graph around it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import InvalidGraph
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
from penstock.compilers.verification import CHECKS, verify


def with_input(node: Node, binding: Any) -> Node:
    return attrs.evolve(node, inputs={**node.inputs, "extra_input": binding})


def drawn(data: st.DataObject, graphs: Any) -> tuple[Graph, Node, Any]:
    """Draw a graph, one of its nodes, and a function that puts another node in that place."""
    graph = data.draw(graphs(least=1))
    node = data.draw(st.sampled_from(graph.nodes))

    def put(*replacement: Node) -> Graph:
        index = graph.nodes.index(node)
        return attrs.evolve(graph, nodes=(*graph.nodes[:index], *replacement, *graph.nodes[index + 1 :]))

    return graph, node, put


def expect_fault(graph: Graph, problem: str, around: str | None = None) -> None:
    with pytest.raises(InvalidGraph) as caught:
        verify(graph)
    assert problem in caught.value.problem
    assert (f"-> {around} = " in str(caught.value)) is (around is not None)


@given(st.data())
def test_a_valid_graph_passes_and_is_returned(graphs, data):
    graph = data.draw(graphs())
    assert verify(graph) is graph


@given(st.data())
def test_two_nodes_of_one_id(graphs, data):
    _graph, node, put = drawn(data, graphs)
    expect_fault(put(node, node), f"2 nodes have the id {node.id!r}", node.id)


@given(st.data(), st.sampled_from(["", "1st", "a b", "/a", "a/", "a//b", "-a"]))
def test_an_id_that_is_no_name(graphs, data, wrong):
    _graph, node, put = drawn(data, graphs)
    with pytest.raises(InvalidGraph, match="is no id for a node: expected letters"):
        verify(put(attrs.evolve(node, id=wrong)))


def test_an_id_may_have_letters_of_any_language():
    graph = Graph("p", (Node("größe", "größe", FunctionRef("m", "größe"), {}),))
    assert verify(graph) is graph


@given(st.data())
def test_two_parameters_of_one_name(graphs, data):
    graph = data.draw(graphs())
    twice = attrs.evolve(graph, parameters=(*graph.parameters, Parameter("same"), Parameter("same")))
    expect_fault(twice, "2 parameters have the name 'same'")


@given(st.data())
def test_two_outputs_of_one_name(graphs, data):
    _graph, node, put = drawn(data, graphs)
    wrong = attrs.evolve(node, outputs=(*node.outputs, Output("same"), Output("same")))
    expect_fault(put(wrong), f"node {node.id!r} has two outputs of one name", node.id)


@given(st.data())
def test_an_input_from_a_node_that_does_not_exist(graphs, data):
    _graph, node, put = drawn(data, graphs)
    wrong = with_input(node, Collection("list", (OutputRef("nobody"),)))
    expect_fault(put(wrong), f"node {node.id!r} needs the node 'nobody', which does not exist", node.id)


@given(st.data())
def test_an_order_after_a_node_that_does_not_exist(graphs, data):
    _graph, node, put = drawn(data, graphs)
    expect_fault(put(attrs.evolve(node, after=("nobody",))), "needs the node 'nobody'", node.id)


@given(st.data())
def test_an_output_that_does_not_exist(graphs, data):
    graph, node, _put = drawn(data, graphs)
    extra = Node("extra", "extra", FunctionRef("m", "extra"), {"x": OutputRef(node.id, "nothing_such")})
    wrong = attrs.evolve(graph, nodes=(*graph.nodes, extra))
    expect_fault(wrong, f"node 'extra' needs the output 'nothing_such' of {node.id!r}, which has: ", "extra")


@given(st.data())
def test_a_result_that_does_not_exist(graphs, data):
    graph, node, _put = drawn(data, graphs)
    expect_fault(attrs.evolve(graph, output=OutputRef("nobody")), "the pipeline's result needs the node 'nobody'")
    expect_fault(
        attrs.evolve(graph, output=OutputRef(node.id, "no_such")), "the pipeline's result needs the output 'no_such'"
    )


@given(st.data())
def test_a_parameter_that_does_not_exist(graphs, data):
    graph, node, put = drawn(data, graphs)
    expect_fault(put(with_input(node, ParameterRef("UNKNOWN"))), f"{node.id} needs the parameter 'UNKNOWN'", node.id)
    expect_fault(attrs.evolve(graph, output=ParameterRef("UNKNOWN")), "the result needs the parameter 'UNKNOWN'")


@given(st.data())
def test_a_node_that_waits_for_itself(graphs, data):
    _graph, node, put = drawn(data, graphs)
    expect_fault(put(attrs.evolve(node, after=(node.id,))), f"in a circle: {node.id} -> {node.id}")


def test_nodes_that_wait_for_each_other():
    function = FunctionRef("m", "f")
    nodes = (Node("a", "f", function, {"x": OutputRef("b")}), Node("b", "f", function, {}, after=("a",)))
    expect_fault(Graph("p", nodes), "the nodes wait for each other in a circle: ")


def test_a_node_before_what_it_needs():
    function = FunctionRef("m", "f")
    nodes = (Node("a", "f", function, {"x": OutputRef("b")}), Node("b", "f", function, {}))
    expect_fault(Graph("p", nodes), "node 'a' stands before 'b', which it needs", "a")


@given(st.data(), st.sampled_from(["dict", "namedtuple"]))
def test_a_collection_with_more_items_than_keys(graphs, data, kind):
    graph, node, put = drawn(data, graphs)
    broken = Collection("list", (Collection(kind, (Literal(1), Literal(2)), ("a",)),))
    expect_fault(put(with_input(node, broken)), f"a {kind} has 1 keys and 2 items", node.id)
    expect_fault(attrs.evolve(graph, output=broken), f"the pipeline's result: a {kind} has 1 keys and 2 items")


@given(st.data())
def test_a_literal_that_no_document_can_hold(graphs, data):
    graph, node, put = drawn(data, graphs)
    rich = Literal([object()])
    expect_fault(put(with_input(node, rich)), f"input 'extra_input' of node {node.id!r} holds a list", node.id)
    expect_fault(attrs.evolve(graph, output=rich), "the pipeline's result holds a list")
    wrong = attrs.evolve(graph, parameters=(*graph.parameters, Parameter("LAST", default=rich)))
    expect_fault(wrong, "the default of the parameter 'LAST' holds a list, which no document can hold")


def test_an_attached_value_that_is_not_there(rich):
    without = {key: value for key, value in rich.attachments.items() if key != "train.model"}
    wrong = attrs.evolve(rich, attachments=without)
    expect_fault(wrong, "input 'model' of node 'g/h/train' needs the attached value 'train.model'", "g/h/train")


def test_an_attached_function_that_is_not_there(rich):
    wrong = attrs.evolve(rich, attachments={"train.model": 1})
    expect_fault(wrong, "node 'g/h/train' needs the attached function 'function:steps:train'", "g/h/train")


def test_an_attached_default_that_is_not_there(rich):
    wrong = attrs.evolve(rich, parameters=(*rich.parameters, Parameter("x", default=Attached("gone"))))
    expect_fault(wrong, "the default of the parameter 'x' needs the attached value 'gone'")


@given(st.data())
def test_a_group_that_does_not_exist(graphs, data):
    _graph, node, put = drawn(data, graphs)
    expect_fault(put(attrs.evolve(node, group="nowhere")), f"{node.id!r} stands in the group 'nowhere'", node.id)


@pytest.mark.parametrize(
    ("groups", "problem"),
    [
        ((Group("g", "g"), Group("g", "g")), "two groups have the id 'g'"),
        (
            (Group("g/h", "h", "g"), Group("g", "g")),
            "group 'g/h' stands in the group 'g', which does not exist before it",
        ),
        ((Group("g", "g", "g"),), "group 'g' stands in the group 'g', which does not exist before it"),
    ],
)
def test_groups_that_cannot_be(groups, problem):
    expect_fault(Graph("p", (), groups=groups), problem)


@given(st.data())
def test_an_id_that_does_not_start_with_its_group(graphs, data):
    _graph, node, put = drawn(data, graphs)
    wrong = attrs.evolve(node, id="other/name")
    with pytest.raises(InvalidGraph):
        verify(put(wrong))


def test_an_id_outside_its_group_is_named(rich):
    node = attrs.evolve(rich["g/h/train"], id="train")
    wrong = attrs.evolve(rich, nodes=(rich["load"], node), output=Literal(1))
    expect_fault(wrong, "node 'train' stands in the group 'g/h', and its id does not start with that", "train")


def test_the_graph_around_the_fault_is_shown_with_its_lines(rich):
    wrong = with_input(rich["load"], OutputRef("nobody"))
    with pytest.raises(InvalidGraph) as caught:
        verify(attrs.evolve(rich, nodes=(wrong, rich["g/h/train"])))
    first, second, third, fourth = str(caught.value).splitlines()
    assert second == "in pipeline compare:"
    assert third == "-> load = load(path=$source, lr=0.5, extra_input=nobody) -> Any"
    assert fourth.startswith("   g/h/train = feed(") is False
    assert fourth.endswith("# steps.py:9")


def test_every_check_is_listed_once():
    assert len(set(CHECKS)) == len(CHECKS)

"""Traversal: who needs whom, in which order, and what lies upstream or downstream."""

from __future__ import annotations

import networkx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import InvalidGraph
from penstock.compilers.graph import (
    Attached,
    Collection,
    FunctionRef,
    Graph,
    Literal,
    Map,
    Node,
    OnExit,
    OutputRef,
    ParameterRef,
    When,
)
from penstock.compilers.traversal import (
    attachments,
    consumers,
    dependencies,
    downstream,
    generations,
    leaves,
    nodes_within,
    output_refs,
    parameter_refs,
    to_networkx,
    upstream,
)


def node(name: str, *needs: str, after: tuple[str, ...] = ()) -> Node:
    inputs = {f"x{index}": OutputRef(need) for index, need in enumerate(needs)}
    return Node(name, name, FunctionRef("m", name), inputs, after=after)


DIAMOND = Graph("p", (node("a"), node("b", "a"), node("c", "a", after=("b",)), node("d", "b", "c", "b")))


def test_leaves_of_a_collection_are_found_however_deep():
    inner = Collection("tuple", (OutputRef("a"), Literal(1)))
    whole = Collection("list", (inner, ParameterRef("p")))
    assert list(leaves(whole)) == [OutputRef("a"), Literal(1), ParameterRef("p")]
    assert list(output_refs([whole])) == [OutputRef("a")]
    assert list(parameter_refs([whole])) == [ParameterRef("p")]


def test_a_node_needs_each_other_node_once():
    assert dependencies(DIAMOND["d"]) == ("b", "c")
    assert dependencies(DIAMOND["c"]) == ("a", "b")


def test_consumers_wait_for_a_node():
    assert consumers(DIAMOND) == {"a": ("b", "c"), "b": ("c", "d"), "c": ("d",), "d": ()}


def test_upstream_and_downstream_hold_the_start():
    assert upstream(DIAMOND, "c") == {"a", "b", "c"}
    assert downstream(DIAMOND, "b") == {"b", "c", "d"}
    assert upstream(DIAMOND) == set()


def test_generations_are_layers():
    assert generations(DIAMOND) == (("a",), ("b",), ("c",), ("d",))


def test_a_circle_is_named():
    with pytest.raises(InvalidGraph, match="in a circle: "):
        generations(Graph("p", (node("a", "b"), node("b", "a"))))


def test_a_long_chain_does_not_recurse():
    chain = Graph("p", tuple(node(f"n{i}", *([f"n{i - 1}"] if i else [])) for i in range(5000)))
    assert len(generations(chain)) == 5000
    assert len(upstream(chain, "n4999")) == 5000


def test_everything_attached_is_found(rich):
    assert set(attachments(rich)) == {Attached("function:steps:train"), Attached("train.model", "abc")}


def test_an_attached_result_is_found():
    graph = Graph("p", (node("a"),), output=Collection("list", (Attached("k"), OutputRef("a"))))
    assert list(attachments(graph)) == [Attached("k")]


@given(st.data())
def test_networkx_sees_the_same_graph(graphs, data):
    graph = data.draw(graphs())
    same = to_networkx(graph)
    assert networkx.is_directed_acyclic_graph(same)
    for member in graph:
        assert networkx.ancestors(same, member.id) | {member.id} == upstream(graph, member.id)
        assert networkx.descendants(same, member.id) | {member.id} == downstream(graph, member.id)


@given(st.data())
def test_each_generation_needs_only_earlier_ones(graphs, data):
    graph = data.draw(graphs())
    done: set[str] = set()
    for layer in generations(graph):
        assert all(set(dependencies(graph[name])) <= done for name in layer)
        done |= set(layer)
    assert done == {member.id for member in graph}


def test_the_nodes_of_bodies_are_found_however_deep():
    inner = Graph("inner", (Node("c", "c", FunctionRef("m", "f"), {}),))
    body = Graph("body", (Node("b", "b", FunctionRef("penstock", "when"), {}, control=When(inner)),))
    outer = Graph("outer", (Node("a", "a", FunctionRef("m", "g"), {}, control=Map(("x",), body)),))
    assert [node.id for node in nodes_within(outer)] == ["a", "b", "c"]


def test_what_a_body_needs_beside_the_document_is_found():
    step = Node("b", "b", FunctionRef("m", "f", Attached("function")), {"x": Attached("value")})
    outer = Graph("outer", (Node("a", "a", FunctionRef("m", "g"), {}, control=OnExit(Graph("body", (step,)))),))
    assert [attached.key for attached in attachments(outer)] == ["function", "value"]

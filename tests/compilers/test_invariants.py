"""What holds for control nodes: each broken invariant is named, however deep it stands, with the graph around it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from penstock import InvalidGraph
from penstock.compilers.graph import (
    Attached,
    Collection,
    Control,
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
    When,
)
from penstock.compilers.verification import verify

X = Parameter("x", "int")


def use(name: str = "use", **inputs: Any) -> Node:
    return Node(name, name, FunctionRef("m", name), inputs)


def part(*parameters: Parameter, output: Any = OutputRef("use"), **inputs: Any) -> Graph:
    return Graph("part", (use(**inputs),), parameters, output)


BODY = part(X, x=ParameterRef("x"))
TEST = Graph("until", (), (Parameter("state"),), Operation(">", (ParameterRef("state"), Literal(1))))
ROUND = part(Parameter("state"), x=ParameterRef("state"))
MAPPED: dict[str, Any] = {"x": Literal([1, 2])}


def node(control: Control, outputs: tuple[Output, ...] = (Output("output"),), **inputs: Any) -> Node:
    return Node("node", "node", FunctionRef("m", "node"), inputs, outputs, control=control)


def graph(*nodes: Node, output: Any = Literal(None)) -> Graph:
    return Graph("p", (use("first"), *nodes), output=output)


@pytest.mark.parametrize("right", [
    node(Map(("x",), BODY), **MAPPED),
    node(Map(("x",), BODY, 3), **MAPPED),
    node(When(part(), BODY), condition=Literal(True), x=OutputRef("first")),
    node(Repeat(TEST, ROUND, 3), state=Literal(1)),
    node(OnExit(part(Parameter("status"), x=ParameterRef("status"))), ()),
], ids=lambda node: type(node.control).__name__)  # fmt: skip
def test_what_is_right_passes(right):
    assert verify(graph(right)) is not None


WRONG = {
    "is mapped over nothing": node(Map((), BODY), **MAPPED),
    "is mapped over 'y', which is no input of it and its body": node(Map(("y",), BODY), **MAPPED),
    "does not bind the parameter 'x' of its 'body'": node(Map(("x",), BODY)),
    "binds 'y', which is no parameter of a graph inside it": node(Map(("x",), BODY), y=Literal(1), **MAPPED),
    "has the limit 0; expected a whole number from 1": node(Map(("x",), BODY, 0), **MAPPED),
    "has the limit -1": node(Repeat(TEST, ROUND, -1), state=Literal(1)),
    "has no input 'condition'": node(When(part())),
    "has no input 'state'": node(Repeat(attrs.evolve(TEST, parameters=(), output=Literal(True)), part(), 3)),
    "gives no single truth value": node(Repeat(attrs.evolve(TEST, output=Literal(5)), ROUND, 3), state=Literal(1)),
    "has the outputs a, b, which are not its bodies'": node(Map(("x",), BODY), (Output("a"), Output("b")), **MAPPED),
    "has the outputs none, which are not its bodies'": node(When(part()), (), condition=Literal(True)),
    "can do without the input 'y', which it does not have": attrs.evolve(node(When(part()), condition=Literal(True)), optional=("y",)),
    "has attachments of its own": node(Map(("x",), attrs.evolve(BODY, attachments={"a": 1})), **MAPPED),
}  # fmt: skip


@pytest.mark.parametrize("problem", WRONG)
def test_what_is_wrong_is_named_with_the_graph_around_it(problem):
    with pytest.raises(InvalidGraph) as caught:
        verify(graph(WRONG[problem]))
    assert problem in caught.value.problem
    assert "-> node = node(" in str(caught.value)


def test_a_body_sees_nothing_but_its_parameters():
    for inside in (part(x=ParameterRef("z")), part(x=OutputRef("first"))):
        with pytest.raises(InvalidGraph, match=r"in 'then' of node 'node': .*'(z|first)'") as caught:
            verify(graph(node(When(inside), condition=Literal(True))))
        assert "in pipeline part:" in str(caught.value)


def test_bodies_of_bodies_are_checked():
    inner = Graph("then", (node(Map((), BODY), **MAPPED),), ())
    with pytest.raises(InvalidGraph, match=r"in 'then' of node 'node': node 'node' is mapped over nothing"):
        verify(graph(node(When(inner), condition=Literal(True))))


def test_nothing_takes_from_a_cleanup():
    closing = attrs.evolve(node(OnExit(part())), outputs=(Output("output"),))
    with pytest.raises(InvalidGraph, match="node 'last' needs 'node', which runs when all else has ended"):
        verify(graph(closing, use("last", x=OutputRef("node"))))
    with pytest.raises(InvalidGraph, match="the result needs 'node'"):
        verify(graph(closing, output=OutputRef("node")))


def test_values_in_bodies_lie_beside_the_outermost_graph():
    whole = graph(node(When(part(x=Attached("key"))), condition=Literal(True)))
    assert verify(attrs.evolve(whole, attachments={"key": 1}))
    with pytest.raises(InvalidGraph, match="needs the attached value 'key', which is not there"):
        verify(attrs.evolve(whole, attachments={"other": 1}))


@pytest.mark.parametrize("operation", [Operation("~", (Literal(1), Literal(2))), Operation("<", (Literal(1),))])
def test_operations_have_their_operands(operation):
    with pytest.raises(InvalidGraph, match="the operation '.' has . operands"):
        verify(graph(use("last", x=Collection("list", (operation,)))))

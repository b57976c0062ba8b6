"""Measure the chains of nodes that follow from a node: what a run cannot be quicker than."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..compilers.graph import Graph, Map, Node, OnExit, Repeat, When
from ..compilers.traversal import consumers


def remaining(nodes: Sequence[Node], consumers: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return, for each of some nodes in call order, how many nodes the longest chain has that starts with it.

    A control node counts for the longest chain in its body; how often that runs is not known.
    """
    longest: dict[str, int] = {}
    for node in reversed(nodes):  # a node stands after those that it needs
        own = 1 if node.control is None else length_of(node)
        following = [longest[consumer] for consumer in consumers[node.id]]
        longest[node.id] = own + max(following) if following else own
    return longest


def length_of(node: Node) -> int:
    """Return how many nodes run one after the other, at least, for a node to end: one, but for control nodes."""
    match node.control:
        case Map(body=body):
            return _longest(body)
        case When(then=then, otherwise=otherwise):
            return max(_longest(then), _longest(otherwise) if otherwise else 0)
        case Repeat(until=until, body=body):
            return _longest(body) + _longest(until)
        case OnExit(cleanup=cleanup):
            return _longest(cleanup)
        case None:
            return 1


def _longest(graph: Graph) -> int:
    return max(remaining(graph.nodes, consumers(graph)).values(), default=0)

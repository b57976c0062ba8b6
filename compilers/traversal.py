"""Walk a graph: who needs whom, in which order, and what lies upstream or downstream."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import attrs

from .errors import InvalidGraph
from .graph import (
    Attached,
    Binding,
    Collection,
    Graph,
    Literal,
    Map,
    Node,
    OnExit,
    Operation,
    OutputRef,
    ParameterRef,
    Repeat,
    When,
)

if TYPE_CHECKING:
    import networkx

_UNATTACHED = frozenset({Literal, OutputRef, ParameterRef})
"""Bindings that hold no others, and are no attachments: nearly all are, so they are told at a glance."""


def leaves(binding: Binding) -> Iterator[Binding]:
    """Yield a binding, or what a collection or an operation holds, however deep."""
    if not isinstance(binding, Collection | Operation):
        yield binding
        return
    for item in binding.items if isinstance(binding, Collection) else binding.operands:
        if isinstance(item, Collection | Operation):
            yield from leaves(item)
        else:
            yield item


def attached_in(binding: Binding) -> Iterable[Attached]:
    """Return every attachment that a binding cannot do without; the class of a NamedTuple can be imported or made up."""
    if type(binding) in _UNATTACHED:
        return ()
    return (leaf for leaf in leaves(binding) if isinstance(leaf, Attached))


def output_refs(bindings: Iterable[Binding]) -> Iterator[OutputRef]:
    """Yield every reference to a node's output in some bindings."""
    return (leaf for binding in bindings for leaf in leaves(binding) if isinstance(leaf, OutputRef))


def parameter_refs(bindings: Iterable[Binding]) -> Iterator[ParameterRef]:
    """Yield every reference to a parameter in some bindings."""
    return (leaf for binding in bindings for leaf in leaves(binding) if isinstance(leaf, ParameterRef))


def named_bodies(node: Node) -> Mapping[str, Graph]:
    """Return the graphs inside a control node by the names of their fields; none of a plain node."""
    match node.control:
        case Map(body=body):
            return {"body": body}
        case When(then, None):
            return {"then": then}
        case When(then, otherwise) if otherwise is not None:
            return {"then": then, "otherwise": otherwise}
        case Repeat(until, body):
            return {"until": until, "body": body}
        case OnExit(cleanup):
            return {"cleanup": cleanup}
        case _:
            return {}


def with_bodies(node: Node, graphs: Mapping[str, Graph]) -> Node:
    """Return a control node with other graphs inside it, by the names of their fields."""
    control: Any = node.control
    return attrs.evolve(node, control=attrs.evolve(control, **graphs))


def bodies(node: Node) -> tuple[Graph, ...]:
    """Return the graphs in a control node; none for another node."""
    return tuple(named_bodies(node).values()) if node.control is not None else ()


def nodes_within(graph: Graph) -> Iterator[Node]:
    """Yield the nodes of a graph and of the graphs in it, however deep, each control node before what is in it."""
    for node in graph:
        yield node
        if node.control is not None:
            for body in bodies(node):
                yield from nodes_within(body)


def all_graphs(graph: Graph) -> Iterator[Graph]:
    """Yield a graph and all graphs inside its nodes, however deep."""
    yield graph
    for node in graph:
        if node.control is not None:
            for body in bodies(node):
                yield from all_graphs(body)


def attachments(graph: Graph) -> Iterator[Attached]:
    """Yield everything that a graph needs beside its document, the graphs inside its nodes included."""
    for node in graph:
        if node.function.attached:
            yield node.function.attached
        for binding in node.inputs.values():
            yield from attached_in(binding)
        for body in bodies(node) if node.control is not None else ():
            yield from attachments(body)
    yield from (parameter.default for parameter in graph.parameters if isinstance(parameter.default, Attached))
    yield from attached_in(graph.output)


def dependencies(node: Node) -> tuple[str, ...]:
    """Return the ids of the nodes that must complete before a node starts, each once."""
    found: dict[str, None] = {}
    for binding in node.inputs.values():
        kind = type(binding)
        if kind is OutputRef:
            found[binding.node] = None  # type: ignore[union-attr]  # mypy does not narrow by `type() is`
        elif kind is Collection or kind is Operation:
            found |= dict.fromkeys(ref.node for ref in output_refs((binding,)))
    return (*found, *(needed for needed in node.after if needed not in found)) if node.after else tuple(found)


def consumers(graph: Graph) -> Mapping[str, tuple[str, ...]]:
    """Return, for each node, the ids of the nodes that wait for it."""
    waiting: dict[str, list[str]] = {node.id: [] for node in graph}
    for node in graph:
        for needed in dependencies(node):
            waiting[needed].append(node.id)
    return {node: tuple(ids) for node, ids in waiting.items()}


def closure(start: Iterable[str], step: Callable[[str], Iterable[str]]) -> set[str]:
    """Return everything that is reached from ``start`` by repeating ``step``, ``start`` included."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting.extend(step(current))
    return found


def upstream(graph: Graph, *ids: str) -> set[str]:
    """Return some nodes and all that they need, directly or not."""
    return closure(ids, lambda node: dependencies(graph[node]))


def downstream(graph: Graph, *ids: str) -> set[str]:
    """Return some nodes and all that need them, directly or not."""
    waiting = consumers(graph)
    return closure(ids, lambda node: waiting[node])


def generations(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Return the nodes in layers: each layer needs only the ones before it. Raises InvalidGraph for a cycle."""
    import graphlib

    sorter = graphlib.TopologicalSorter({node.id: dependencies(node) for node in graph})
    try:
        sorter.prepare()
    except graphlib.CycleError as error:
        raise InvalidGraph(f"the nodes wait for each other in a circle: {' -> '.join(error.args[1])}") from None
    layers = []
    while sorter.is_active():
        ready = sorter.get_ready()
        layers.append(tuple(ready))
        sorter.done(*ready)
    return tuple(layers)


def to_networkx(graph: Graph) -> networkx.DiGraph[str]:
    """Return the nodes and their dependencies as a networkx graph, for whatever graph theory is wanted."""
    import networkx

    made: networkx.DiGraph[str] = networkx.DiGraph()
    made.add_nodes_from((node.id, {"node": node}) for node in graph)
    made.add_edges_from((needed, node.id) for node in graph for needed in dependencies(node))
    return made

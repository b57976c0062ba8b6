"""Cut a graph down to some of its nodes and what these need."""

from __future__ import annotations

from collections.abc import Collection as Ids
from collections.abc import Iterator

import attrs

from ..graph import Binding, Collection, Graph, Group, Literal, Node, OnExit, Operation, OutputRef
from ..traversal import all_graphs, attachments, closure, dependencies, output_refs, parameter_refs, upstream
from ..verification import verify


def until(graph: Graph, ids: Ids[str]) -> Graph:
    """Keep some nodes and all that they need, directly or not, and what cleans up after those alone.

    The result becomes what these nodes return: one value, a tuple of several outputs, or a dict by node. A graph that
    loses no node keeps its result. Raises KeyError for a node that is not there.
    """
    kept = upstream(graph, *ids)
    return _cut(graph, ids, kept | {node.id for node in graph if _closes(node, kept)})


def _closes(node: Node, kept: set[str]) -> bool:
    """Say whether a node cleans up after what is kept: all that it takes is, and something in its group or below."""
    if not isinstance(node.control, OnExit):
        return False
    prefix = f"{node.group}/" if node.group else ""
    return kept.issuperset(dependencies(node)) and any(other.startswith(prefix) for other in kept)


def alone(graph: Graph, ids: Ids[str]) -> Graph:
    """Keep some nodes and those whose outputs they need; what merely had to come before is left out.

    The result becomes what these nodes return, as with :func:`until`. Raises KeyError for a node that is not there.
    """
    bare = attrs.evolve(graph, nodes=tuple(attrs.evolve(node, after=()) for node in graph))
    return _cut(bare, ids, closure(ids, lambda node: (ref.node for ref in output_refs(bare[node].inputs.values()))))


def _cut(graph: Graph, ids: Ids[str], kept: set[str]) -> Graph:
    nodes = tuple(node for node in graph if node.id in kept)
    wanted = tuple(node for node in nodes if node.id in ids)
    output = graph.output if len(nodes) == len(graph) else _output_of(wanted)
    smaller = attrs.evolve(graph, nodes=nodes, output=output, groups=tuple(_groups(graph, nodes)))
    used = {ref.name for ref in parameter_refs([*_inputs(nodes), output])}
    parameters = tuple(parameter for parameter in graph.parameters if parameter.static or parameter.name in used)
    smaller = attrs.evolve(smaller, parameters=parameters)
    inside = [binding for inner in all_graphs(smaller) for binding in (*_inputs(inner.nodes), inner.output)]
    needed = {attached.key for attached in attachments(smaller)} | set(_classes(inside))
    return verify(
        attrs.evolve(smaller, attachments={key: value for key, value in graph.attachments.items() if key in needed})
    )


def _inputs(nodes: tuple[Node, ...]) -> Iterator[Binding]:
    for node in nodes:
        yield from node.inputs.values()


def _output_of(nodes: tuple[Node, ...]) -> Binding:
    """Return the structure of what some nodes return."""
    if len(nodes) == 1:
        return _returned(nodes[0])
    return Collection("dict", tuple(map(_returned, nodes)), keys=tuple(node.id for node in nodes))


def _returned(node: Node) -> Binding:
    refs = tuple(OutputRef(node.id, output.name) for output in node.outputs)
    if not refs:
        return Literal(None)
    return refs[0] if len(refs) == 1 else Collection("tuple", refs)


def _groups(graph: Graph, nodes: tuple[Node, ...]) -> Iterator[Group]:
    """Yield the groups that some nodes stand in, outer ones included."""
    parents = {group.id: group.parent for group in graph.groups}
    used = closure(
        {node.group for node in nodes if node.group is not None},
        lambda group: [parent] if (parent := parents.get(group)) is not None else [],
    )
    return (group for group in graph.groups if group.id in used)


def _classes(bindings: list[Binding]) -> Iterator[str]:
    """Yield the keys of the classes of NamedTuples, which may travel beside a graph."""
    for binding in bindings:
        if isinstance(binding, Collection):
            if binding.payload is not None:
                yield binding.payload.key
            yield from _classes(list(binding.items))
        elif isinstance(binding, Operation):
            yield from _classes(list(binding.operands))

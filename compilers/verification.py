"""List what holds for every graph, one small function each, and check it.

A check yields ``(node id or "", problem)`` pairs. ``verify`` runs after lowering, after every pass, and on every
document that is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from .errors import InvalidGraph
from .graph import Attached, Binding, Collection, Graph, Literal, OutputRef
from .rendering import render_around
from .traversal import dependencies, generations, leaves, output_refs, parameter_refs
from .values import is_plain

Fault: TypeAlias = tuple[str, str]
Check: TypeAlias = Callable[[Graph], Iterator[Fault]]

NODE_ID = re.compile(r"[^\W\d][\w.-]*(/[^\W\d][\w.-]*)*")
"""A node's id: the ids of the groups it stands in and its own name, with slashes between."""


def verify(graph: Graph) -> Graph:
    """Return the graph, or raise InvalidGraph with the first fault and the graph around it."""
    for check in CHECKS:
        for node, problem in check(graph):
            raise InvalidGraph(problem, render_around(graph, node) if node in graph else "")
    return graph


def _ids_are_unique(graph: Graph) -> Iterator[Fault]:
    for node, count in Counter(node.id for node in graph).items():
        if count > 1:
            yield node, f"{count} nodes have the id {node!r}"


def _ids_are_well_formed(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        if not NODE_ID.fullmatch(node.id):
            yield (
                node.id,
                f"{node.id!r} is no id for a node: expected letters, digits, '_', '-', '.' and '/' between groups",
            )


def _parameters_are_unique(graph: Graph) -> Iterator[Fault]:
    for name, count in Counter(parameter.name for parameter in graph.parameters).items():
        if count > 1:
            yield "", f"{count} parameters have the name {name!r}"


def _outputs_are_unique(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        if len({output.name for output in node.outputs}) < len(node.outputs):
            yield node.id, f"node {node.id!r} has two outputs of one name"


def _referenced_nodes_exist(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        for needed in dependencies(node):
            if needed not in graph:
                yield node.id, f"node {node.id!r} needs the node {needed!r}, which does not exist"


def _referenced_outputs_exist(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        for ref in output_refs(node.inputs.values()):
            yield from _missing_output(graph, ref, node.id)
    for ref in output_refs([graph.output]):
        yield from _missing_output(graph, ref, "")


def _missing_output(graph: Graph, ref: OutputRef, user: str) -> Iterator[Fault]:
    who = f"node {user!r}" if user else "the pipeline's result"
    if ref.node not in graph:
        yield user, f"{who} needs the node {ref.node!r}, which does not exist"
    elif ref.name not in {output.name for output in graph[ref.node].outputs}:
        have = ", ".join(output.name for output in graph[ref.node].outputs) or "none"
        yield user, f"{who} needs the output {ref.name!r} of {ref.node!r}, which has: {have}"


def _referenced_parameters_exist(graph: Graph) -> Iterator[Fault]:
    known = {parameter.name for parameter in graph.parameters}
    users: list[tuple[str, list[Binding]]] = [(node.id, list(node.inputs.values())) for node in graph]
    for user, bindings in [*users, ("", [graph.output])]:
        for ref in parameter_refs(bindings):
            if ref.name not in known:
                yield (
                    user,
                    f"{user or 'the result'} needs the parameter {ref.name!r}; there are: {', '.join(sorted(known)) or 'none'}",
                )


def _nothing_waits_for_itself(graph: Graph) -> Iterator[Fault]:
    seen: set[str] = set()
    for node in graph:
        late = [needed for needed in dependencies(node) if needed not in seen]
        seen.add(node.id)
        if late:
            generations(graph)  # raises for a circle, and names it
            yield (
                node.id,
                f"node {node.id!r} stands before {late[0]!r}, which it needs: nodes are listed in the order of their calls",
            )


def _collections_are_complete(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        for binding in node.inputs.values():
            yield from ((node.id, f"node {node.id!r}: {problem}") for problem in _broken_collections(binding))
    yield from (("", f"the pipeline's result: {problem}") for problem in _broken_collections(graph.output))


def _broken_collections(binding: Binding) -> Iterator[str]:
    if not isinstance(binding, Collection):
        return
    if binding.kind in ("dict", "namedtuple") and len(binding.keys) != len(binding.items):
        yield f"a {binding.kind} has {len(binding.keys)} keys and {len(binding.items)} items"
    for item in binding.items:
        yield from _broken_collections(item)


def _literals_are_plain(graph: Graph) -> Iterator[Fault]:
    for where, what, binding in _bindings(graph):
        for leaf in leaves(binding):
            if isinstance(leaf, Literal) and not is_plain(leaf.value):
                yield where, f"{what} holds a {type(leaf.value).__name__}, which no document can hold"


def _attached_values_are_there(graph: Graph) -> Iterator[Fault]:
    if not graph.attachments:
        return  # a graph that was read back; its values are in a store
    for where, what, binding in _bindings(graph):
        for leaf in leaves(binding):
            if isinstance(leaf, Attached) and leaf.key not in graph.attachments:
                yield where, f"{what} needs the attached value {leaf.key!r}, which is not there"
    for node in graph:
        attached = node.function.attached
        if attached and attached.key not in graph.attachments:
            yield node.id, f"node {node.id!r} needs the attached function {attached.key!r}, which is not there"


def _bindings(graph: Graph) -> Iterator[tuple[str, str, Binding]]:
    """Yield everything in a graph that stands for a value: the node or "", what to call it, and the binding."""
    for node in graph:
        for name, binding in node.inputs.items():
            yield node.id, f"input {name!r} of node {node.id!r}", binding
    for parameter in graph.parameters:
        if parameter.default is not None:
            yield "", f"the default of the parameter {parameter.name!r}", parameter.default
    yield "", "the pipeline's result", graph.output


def _groups_exist(graph: Graph) -> Iterator[Fault]:
    known: set[str] = set()
    for group in graph.groups:
        if group.id in known:
            yield "", f"two groups have the id {group.id!r}"
        if group.parent is not None and group.parent not in known:
            yield "", f"group {group.id!r} stands in the group {group.parent!r}, which does not exist before it"
        known.add(group.id)
    for node in graph:
        if node.group is not None and node.group not in known:
            yield node.id, f"node {node.id!r} stands in the group {node.group!r}, which does not exist"


def _ids_start_with_their_group(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        if node.id.rpartition("/")[0] != (node.group or ""):
            yield node.id, f"node {node.id!r} stands in the group {node.group!r}, and its id does not start with that"


CHECKS: tuple[Check, ...] = (
    _ids_are_well_formed,
    _ids_are_unique,
    _parameters_are_unique,
    _outputs_are_unique,
    _referenced_nodes_exist,
    _referenced_outputs_exist,
    _referenced_parameters_exist,
    _nothing_waits_for_itself,
    _collections_are_complete,
    _literals_are_plain,
    _attached_values_are_there,
    _groups_exist,
    _ids_start_with_their_group,
)
"""Every invariant, in the order in which they are checked; later ones may rely on earlier ones."""

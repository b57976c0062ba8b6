"""List what holds for every graph, one small function each, and check it.

A check yields ``(node id or "", problem)`` pairs. ``verify`` runs after lowering, after every pass, and on every
document that is read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from .errors import InvalidGraph
from .graph import Attached, Binding, Collection, Graph, Literal, Operation, OutputRef, ParameterRef
from .invariants import CONTROL_CHECKS, Check, Fault
from .rendering import render_around
from .traversal import dependencies, generations, leaves, named_bodies
from .values import is_plain, is_short

NODE_ID = re.compile(r"[^\W\d][\w.-]*(/[^\W\d][\w.-]*)*")
"""A node's id: the ids of the groups it stands in and its own name, with slashes between."""


def verify(graph: Graph) -> Graph:
    """Return the graph, or raise InvalidGraph with the first fault and the graph around it; graphs inside nodes are checked too."""
    _verify(graph, graph.attachments, "")
    return graph


def _verify(graph: Graph, attachments: Mapping[str, object], inside: str) -> None:
    """Check a graph and then those inside its nodes; ``inside`` says where it stands."""
    for check in CHECKS:
        for node, problem in check(graph):
            raise InvalidGraph(f"{inside}{problem}", render_around(graph, node) if node in graph else "")
    for node, problem in _attached_values_are_there(graph, attachments):
        raise InvalidGraph(f"{inside}{problem}", render_around(graph, node) if node in graph else "")
    for control in graph:
        for name, body in named_bodies(control).items() if control.control is not None else ():
            _verify(body, attachments, f"{inside}in {name!r} of node {control.id!r}: ")


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
        if len(node.outputs) > 1 and len({output.name for output in node.outputs}) < len(node.outputs):
            yield node.id, f"node {node.id!r} has two outputs of one name"


def _references_lead_somewhere(graph: Graph) -> Iterator[Fault]:
    parameters = {parameter.name for parameter in graph.parameters}
    for user, bindings in _users(graph):
        for leaf in (leaf for binding in bindings for leaf in leaves(binding)):
            if isinstance(leaf, OutputRef):
                if leaf.node not in graph or leaf.name not in [output.name for output in graph[leaf.node].outputs]:
                    yield _missing_output(graph, leaf, user)
            elif isinstance(leaf, ParameterRef) and leaf.name not in parameters:
                there_are = ", ".join(sorted(parameters)) or "none"
                yield user, f"{user or 'the result'} needs the parameter {leaf.name!r}; there are: {there_are}"


def _missing_output(graph: Graph, ref: OutputRef, user: str) -> Fault:
    who = f"node {user!r}" if user else "the pipeline's result"
    if ref.node not in graph:
        return user, f"{who} needs the node {ref.node!r}, which does not exist"
    have = ", ".join(output.name for output in graph[ref.node].outputs) or "none"
    return user, f"{who} needs the output {ref.name!r} of {ref.node!r}, which has: {have}"


def _users(graph: Graph) -> Iterator[tuple[str, Sequence[Binding]]]:
    """Yield what uses other parts of the graph, the nodes and the result (as ""), with those of its bindings that may."""
    for node in graph:
        bindings = [binding for binding in node.inputs.values() if type(binding) is not Literal]
        if bindings:
            yield node.id, bindings
    yield "", [graph.output]


def _nothing_waits_for_itself(graph: Graph) -> Iterator[Fault]:
    seen: set[str] = set()
    for node in graph:
        late = [needed for needed in dependencies(node) if needed not in seen]
        seen.add(node.id)
        if late and late[0] not in graph:
            yield node.id, f"node {node.id!r} needs the node {late[0]!r}, which does not exist"
        elif late:
            generations(graph)  # raises for a circle, and names it
            yield (
                node.id,
                f"node {node.id!r} stands before {late[0]!r}, which it needs: nodes are listed in the order of their calls",
            )


def _collections_are_complete(graph: Graph) -> Iterator[Fault]:
    for user, bindings in _users(graph):
        for problem in (problem for binding in bindings for problem in _broken_collections(binding)):
            yield user, f"node {user!r}: {problem}" if user else f"the pipeline's result: {problem}"


def _broken_collections(binding: Binding) -> Iterator[str]:
    if isinstance(binding, Operation):
        if len(binding.operands) != (1 if binding.operator == "~" else 2):
            yield f"the operation {binding.operator!r} has {len(binding.operands)} operands"
        for operand in binding.operands:
            yield from _broken_collections(operand)
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
                yield where, f"{_called(what)} holds a {type(leaf.value).__name__}, which no document can hold"


def _attached_values_are_there(graph: Graph, attachments: Mapping[str, object]) -> Iterator[Fault]:
    if not attachments:
        return  # a graph that was read back; its values are in a store
    for where, what, binding in _bindings(graph):
        for leaf in leaves(binding):
            if isinstance(leaf, Attached) and leaf.key not in attachments:
                yield where, f"{_called(what)} needs the attached value {leaf.key!r}, which is not there"
    for node in graph:
        attached = node.function.attached
        if attached and attached.key not in attachments:
            yield node.id, f"node {node.id!r} needs the attached function {attached.key!r}, which is not there"


def _bindings(graph: Graph) -> Iterator[tuple[str, _What, Binding]]:
    """Yield what stands for a value in a graph, but for short plain ones: the node or "", what to call it, and the binding."""
    for node in graph:
        for name, binding in node.inputs.items():
            if type(binding) is not Literal or not is_short(binding.value):
                yield node.id, ("input {!r} of node {!r}", name, node.id), binding
    for parameter in graph.parameters:
        if parameter.default is not None:
            yield "", ("the default of the parameter {!r}", parameter.name), parameter.default
    yield "", ("the pipeline's result",), graph.output


_What: TypeAlias = tuple[str, ...]
"""What to call a binding: a text with gaps, and what fills them."""


def _called(what: _What) -> str:
    return what[0].format(*what[1:])


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
    _nothing_waits_for_itself,
    _references_lead_somewhere,
    _collections_are_complete,
    _literals_are_plain,
    _groups_exist,
    _ids_start_with_their_group,
    *CONTROL_CHECKS,
)
"""Every invariant of one graph, in the order in which they are checked; later ones may rely on earlier ones."""

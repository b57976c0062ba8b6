"""List what holds for control nodes, one small function each; :mod:`.verification` checks it with all the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from .graph import CONDITION, OUTPUT, STATE, STATUS, Collection, Graph, Literal, Map, Node, OnExit, Repeat, When
from .traversal import dependencies, named_bodies, output_refs

Fault: TypeAlias = tuple[str, str]
Check: TypeAlias = Callable[[Graph], Iterator[Fault]]


def _optional_inputs_exist(graph: Graph) -> Iterator[Fault]:
    for node in graph:
        for name in node.optional:
            if name not in node.inputs:
                yield node.id, f"node {node.id!r} can do without the input {name!r}, which it does not have"


def _parameters_of_bodies_are_bound(graph: Graph) -> Iterator[Fault]:
    for node in _control_nodes(graph):
        given = {*node.inputs, *([STATUS] if isinstance(node.control, OnExit) else [])}
        for body_name, body in named_bodies(node).items():
            for parameter in body.parameters:
                if parameter.name not in given and parameter.default is None:
                    yield (
                        node.id,
                        f"node {node.id!r} does not bind the parameter {parameter.name!r} of its {body_name!r}",
                    )


def _inputs_of_control_nodes_are_used(graph: Graph) -> Iterator[Fault]:
    own = {When: {CONDITION}, Repeat: {STATE}}
    for node in _control_nodes(graph):
        known = {parameter.name for body in named_bodies(node).values() for parameter in body.parameters}
        known |= own.get(type(node.control), set())
        for name in node.inputs:
            if name not in known:
                yield node.id, f"node {node.id!r} binds {name!r}, which is no parameter of a graph inside it"
        for name in own.get(type(node.control), ()):
            if name not in node.inputs:
                yield node.id, f"node {node.id!r} has no input {name!r}"


def _mapped_inputs_exist(graph: Graph) -> Iterator[Fault]:
    for node in _control_nodes(graph):
        if not isinstance(node.control, Map):
            continue
        known = {parameter.name for parameter in node.control.body.parameters}
        if not node.control.over:
            yield node.id, f"node {node.id!r} is mapped over nothing"
        for name in node.control.over:
            if name not in node.inputs or name not in known:
                yield node.id, f"node {node.id!r} is mapped over {name!r}, which is no input of it and its body"


def _limits_are_positive(graph: Graph) -> Iterator[Fault]:
    for node in _control_nodes(graph):
        limit = node.control.limit if isinstance(node.control, Map | Repeat) else None
        if limit is not None and limit < 1:
            yield node.id, f"node {node.id!r} has the limit {limit}; expected a whole number from 1"


def _tests_give_a_truth_value(graph: Graph) -> Iterator[Fault]:
    for node in _control_nodes(graph):
        output = node.control.until.output if isinstance(node.control, Repeat) else None
        if isinstance(output, Collection) or (isinstance(output, Literal) and type(output.value) is not bool):
            yield node.id, f"the test of node {node.id!r} gives no single truth value"


def _outputs_are_those_of_the_bodies(graph: Graph) -> Iterator[Fault]:
    for node in _control_nodes(graph):
        names = tuple(output.name for output in node.outputs)
        if isinstance(node.control, OnExit):
            expected = names in ((), (OUTPUT,))  # nothing can take it
        elif isinstance(node.control, Map) and names != (OUTPUT,):
            output = node.control.body.output
            expected = isinstance(output, Collection) and output.kind == "tuple" and len(output.items) == len(names)
        else:
            expected = names == (OUTPUT,)
        if not expected:
            yield node.id, f"node {node.id!r} has the outputs {', '.join(names) or 'none'}, which are not its bodies'"


def _nothing_takes_from_a_cleanup(graph: Graph) -> Iterator[Fault]:
    cleanups = {node.id for node in _control_nodes(graph) if isinstance(node.control, OnExit)}
    if not cleanups:
        return
    for node in graph:
        for needed in dependencies(node):
            if needed in cleanups:
                yield node.id, f"node {node.id!r} needs {needed!r}, which runs when all else has ended"
    for ref in output_refs([graph.output]):
        if ref.node in cleanups:
            yield ref.node, f"the result needs {ref.node!r}, which runs when all else has ended"


def _bodies_have_no_attachments(graph: Graph) -> Iterator[Fault]:
    for node in _control_nodes(graph):
        for name, body in named_bodies(node).items():
            if body.attachments:
                yield (
                    node.id,
                    f"{name!r} of node {node.id!r} has attachments of its own; they lie beside the outermost graph",
                )


def _control_nodes(graph: Graph) -> Iterator[Node]:
    return (node for node in graph if node.control is not None)


CONTROL_CHECKS: tuple[Check, ...] = (
    _optional_inputs_exist,
    _parameters_of_bodies_are_bound,
    _inputs_of_control_nodes_are_used,
    _mapped_inputs_exist,
    _limits_are_positive,
    _tests_give_a_truth_value,
    _outputs_are_those_of_the_bodies,
    _nothing_takes_from_a_cleanup,
    _bodies_have_no_attachments,
)
"""Every invariant of control nodes, in the order in which they are checked."""

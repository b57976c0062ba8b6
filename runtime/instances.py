"""Make instances of the bodies of control nodes: the same nodes under ids of their own, with parameters of their own.

``evaluate[3]`` is the fourth item of a mapped step, ``tune[3]/train`` a step in the fourth item of a mapped pipeline,
``improve[2]/train`` one of the second round, ``when/register`` one of a branch. The parameters of an instance are called after
it, so that its nodes say by their inputs which values they take.
"""

from __future__ import annotations

import re
from collections.abc import Collection as Ids
from collections.abc import Iterator, Mapping

import attrs
from attrs import frozen

from ..compilers.graph import Binding, Collection, Graph, Map, Node, Operation, OutputRef, ParameterRef, When
from ..compilers.traversal import bodies


@frozen(eq=False)
class Instance:
    """One instance of a body. ``place`` is which item or round, where there are several; ``item`` is what to call it."""

    id: str
    parent: str
    nodes: tuple[Node, ...]
    output: Binding
    place: int | None = None
    item: str = ""


@frozen(eq=False)
class Naming:
    """How a body's nodes and parameters are called in an instance: ``prefix`` stands before ids, ``alone`` is the id of an only node.

    ``parameters`` maps the names that they have in the body to those that they are bound under.
    """

    prefix: str
    parameters: Mapping[str, str]
    alone: str | None = None

    def node(self, inner: str) -> str:
        """Return what a node of the body is called."""
        return self.alone or self.prefix + inner

    def binding(self, binding: Binding) -> Binding:
        """Return a binding of the body, as it is in the instance."""
        match binding:
            case ParameterRef(name, path):
                return ParameterRef(self.parameters.get(name, name), path)
            case OutputRef(node, name, path):
                return OutputRef(self.node(node), name, path)
            case Collection(items=items):
                return attrs.evolve(binding, items=tuple(map(self.binding, items)))
            case Operation(operator, operands):
                return Operation(operator, tuple(map(self.binding, operands)))
            case _:
                return binding

    def nodes(self, body: Graph, label: str = "") -> Iterator[Node]:
        """Yield the nodes of the body, as they are in the instance; ``label`` is that of an only one."""
        for node in body:
            id = self.node(node.id)
            yield attrs.evolve(
                node,
                id=id,
                label=label if self.alone else node.label,
                inputs={name: self.binding(binding) for name, binding in node.inputs.items()},
                after=tuple(map(self.node, node.after)),
                group=id.rpartition("/")[0] or None,
            )


_PLACE = re.compile(r"\[\d+\]")


EXACTLY = "id:"
"""What stands before an id where no namesake is meant."""


def names_of(node: Node) -> frozenset[str]:
    """Return all that a node can be called by: its id and name, and what it is an instance of, with and without its place there.

    The ids are among them with :data:`EXACTLY` before them, too.
    """
    found = {node.id, _PLACE.sub("", node.id)}
    for end in (match.start() for match in re.finditer(r"[\[/]", node.id)):
        found |= {node.id[:end], _PLACE.sub("", node.id[:end])}
    return frozenset((node.name, *found, *(EXACTLY + one for one in found)))


def original(graph: Graph, step: str) -> Node | None:
    """Return the node that a step run is of: one of the graph, or of the graphs in it; None where there is none."""
    if step in graph:
        return graph[step]
    for node in graph:
        if node.control is not None and step.startswith((f"{node.id}[", f"{node.id}/")):
            inside = re.sub(rf"^{_PLACE.pattern}", "", step[len(node.id) :]).lstrip("/")
            found = _inside(node, inside)
            if found is not None:
                return found
    return None


def _inside(node: Node, step: str) -> Node | None:
    """Find a node in the bodies of a control node, of which a mapped step alone needs no name."""
    if not step:
        return bodies(node)[0].nodes[0] if is_mapped_step(node) else None
    names = (step, step.removeprefix("until/"), step.removeprefix("otherwise/"))
    found = (original(body, name) for name in names for body in bodies(node))
    return next((one for one in found if one is not None), None)


def is_mapped_step(node: Node) -> bool:
    """Say whether a control node maps a step: its items are nodes without anything around them."""
    control = node.control
    return isinstance(control, Map) and len(control.body) == 1 and control.body.nodes[0].function == node.function


def bound_names(owner: str, names: Ids[str]) -> dict[str, str]:
    """Return the names under which parameters of a node, or of one of its instances, are bound."""
    return {name: f"{owner}.{name}" for name in names}


def item_of(node: Node, control: Map, place: int, shared: Mapping[str, str], item: str = "") -> Instance:
    """Make the instance of one item; ``item`` is what people call it, and ``shared`` the parameters that all items have."""
    id = f"{node.id}[{place}]"
    naming = Naming(f"{id}/", {**shared, **bound_names(id, control.over)}, id if is_mapped_step(node) else None)
    label = f"{node.label or node.id.rpartition('/')[2]}[{place}]" + (f" {item}" if item else "")
    nodes = tuple(naming.nodes(control.body, label))
    return Instance(id, node.id, nodes, naming.binding(control.body.output), place, item)


def branch_of(node: Node, control: When, condition: bool, shared: Mapping[str, str]) -> Instance | None:
    """Make the instance of a branch; None where there is none for the condition."""
    branch = control.then if condition else control.otherwise
    if branch is None:
        return None
    prefix = f"{node.id}/"
    if not condition and any(inner.id in control.then for inner in branch):  # both have a step of that name
        prefix += "otherwise/"
    naming = Naming(prefix, shared)
    return Instance(prefix, node.id, tuple(naming.nodes(branch)), naming.binding(branch.output))


def graph_of(node: Node, body: Graph, called: str, names: Mapping[str, str], place: int | None = None) -> Instance:
    """Make an instance of any other body under an id."""
    naming = Naming(f"{called}/", names)
    return Instance(called, node.id, tuple(naming.nodes(body)), naming.binding(body.output), place)

"""Walk to every function of the project that a step reaches, and tell the way that leads there."""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence

from attrs import frozen

from ..fingerprints import Fingerprinter
from ..fingerprints.externals import unwrapped
from ..fingerprints.nodes import Node, Reached

_SHOWN = frozenset({"function", "class", "constant", "module"})


@frozen(eq=False)
class Reach:
    """All that a function reaches: the nodes of its fingerprint, the live functions among them, and the ways to them."""

    nodes: Sequence[Node]
    functions: Sequence[tuple[Node, types.FunctionType]]
    """In the order of a breadth-first walk, the function itself first."""
    _above: dict[int, Node | None]
    _labels: dict[int, str]

    def chain(self, node: Node) -> tuple[str, ...]:
        """Return the shortest way from the entry to a node, by the names of what has one."""
        way: list[str] = []
        at: Node | None = node
        while at is not None:
            if at.kind in _SHOWN:
                way.append(self._labels.get(id(at)) or _short(at))
            at = self._above.get(id(at))
        return tuple(dict.fromkeys(reversed(way)))

    def named(self, node: Node) -> Node:
        """Return the nearest node from here upward that stands in a file."""
        at: Node | None = node
        while at is not None and not (at.file and at.line):
            at = self._above.get(id(at))
        return at if at is not None else self.nodes[0]


def reach_of(
    function: Callable[..., object],
    fingerprinter: Fingerprinter,
    others: Sequence[Callable[..., object]] = (),
    *,
    into_others: bool = True,
) -> Reach:
    """Walk from a function. ``others`` are steps and pipelines of their own, which nobody calls out of a whole module that counts.

    Without ``into_others`` they are left out however they are reached, as where the body of a pipeline is meant.
    """
    reached = fingerprinter.value(unwrapped(function))
    live = {id(node): value for node, value in fingerprinter.walker._known.values()}
    ends = {id(unwrapped(other)) for other in others} - {id(unwrapped(function))}

    def leads(node: Node, child: Node) -> bool:
        if child.kind == "module" and node.kind == "function" and node.name.startswith(f"{child.name}."):
            return False  # its own module, which counts for ``globals()``: that calls nothing
        is_end = id(live.get(id(child))) in ends
        return not is_end or (into_others and node.kind != "module")

    above = _walk(reached, leads)
    nodes = [node for node in reached.nodes if id(node) in above]
    functions = tuple(_functions(nodes, live))
    labels = {id(node): found.__qualname__.replace("<locals>.", "") for node, found in functions}
    return Reach(nodes, functions, above, labels)


def _walk(reached: Reached, leads: Callable[[Node, Node], bool]) -> dict[int, Node | None]:
    """Return from where each node was met first."""
    entry = reached.nodes[0]
    above: dict[int, Node | None] = {id(entry): None}
    pending = [entry]
    for node in pending:
        for child in reached.children(node):
            if id(child) not in above and leads(node, child):
                above[id(child)] = node
                pending.append(child)
    return above


def _functions(nodes: Sequence[Node], live: dict[int, object]) -> Iterator[tuple[Node, types.FunctionType]]:
    for node in nodes:
        value = live.get(id(node))
        if node.kind == "function" and isinstance(value, types.FunctionType):
            yield node, value


def _short(node: Node) -> str:
    return node.name if node.kind == "module" else node.name.rpartition(".")[2]

"""Hold the graph of everything that a function reaches, and digest it from any of its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from attrs import define, field

from .encoding import joined, seal, text

NAMED = frozenset(
    {
        "function",
        "class",
        "constant",
        "distribution",
        "standard library",
        "builtin",
        "missing",
        "module",
        "effects",
        "files",
    }
)
"""Kinds of nodes that people know by name; the others are parts of the nearest named node above them."""


@define(eq=False)
class Node:
    """One object that a function reaches: its own facts, and what it reaches in turn, in an order that never varies."""

    kind: str
    name: str = ""
    content: bytes = b""
    """Digest of the facts of this object alone."""
    own_name: str = ""
    """The name that the object itself knows (``__name__``); it counts unless the node is the entry."""
    edges: list[Node] = field(factory=list)
    defaults: list[Node] = field(factory=list)
    """Edges to the defaults of a function, which count unless the node is the entry."""
    file: str = ""
    line: int = 0
    text: str = ""
    version: str = ""
    watches: dict[str, str] = field(factory=dict)
    """Aspects that this code depends on, with the reason: see :mod:`.aspects`."""
    aspects: dict[str, bytes] = field(factory=dict)
    """What this object contributes when some code depends on an aspect."""
    unordered: bool = False
    """The edges are those of a set, to be sorted by digest."""
    problem: str = ""
    """Why this object can be identified neither by value nor by derivation."""


Expansion = Callable[[Iterable[str]], Sequence[Node]]
"""Give the nodes that code with these aspects depends on besides those it names."""


@define
class Reached:
    """All nodes that an entry reaches, in the order of a breadth-first walk, and the aspects that count among them."""

    nodes: list[Node]
    numbers: dict[int, int]
    chain: frozenset[int]
    """Positions of the entry and of the functions that it wraps."""
    aspects: frozenset[str]
    with_defaults: bool

    def children(self, node: Node) -> Sequence[Node]:
        """Return the edges that count."""
        skipped = node is self.nodes[0] and not self.with_defaults
        return node.edges if skipped else [*node.edges, *node.defaults]

    def digest(self) -> bytes:
        """Return the digest of the whole graph as seen from its entry.

        The walk numbers the nodes in the order it meets them, so that the digest tells any two graphs apart that differ in
        a fact, an edge or the sharing of objects (cycles included), and depends on nothing else.
        """
        return seal("graph", joined(part for node in self.nodes for part in self._facts(node)))

    def _facts(self, node: Node) -> Iterable[bytes]:
        yield text(node.kind)
        yield node.content
        if self._is_named(node):
            yield text(node.own_name)
        yield from (node.aspects[aspect] for aspect in sorted(self.aspects & node.aspects.keys()))
        numbers = self.numbers
        yield b" ".join([b"%d" % numbers[id(child)] for child in self.children(node)])

    def _is_named(self, node: Node) -> bool:
        return "names" in self.aspects or self.numbers[id(node)] not in self.chain


def reach(entry: Node, chain: Sequence[Node], expand: Expansion) -> Reached:
    """Walk from an entry. ``chain`` is the entry and what it wraps; ``expand`` adds what the aspects met call for."""
    reached = Reached([entry], {id(entry): 0}, frozenset(), frozenset(), with_defaults=False)
    position = 0
    seen: dict[str, None] = {}
    while True:
        position = _walk(reached, position, seen)
        found = seen.keys() - reached.aspects
        reached.aspects |= found
        _add(reached, expand(sorted(found)))
        if not found and not _entry_is_used(reached):
            reached.chain = frozenset(reached.numbers[id(node)] for node in chain if id(node) in reached.numbers)
            return reached


def _walk(reached: Reached, position: int, seen: dict[str, None]) -> int:
    while position < len(reached.nodes):
        node = reached.nodes[position]
        position += 1
        seen.update(dict.fromkeys(node.watches))
        _add(reached, reached.children(node))
    return position


def _add(reached: Reached, nodes: Iterable[Node]) -> None:
    for node in nodes:
        if id(node) not in reached.numbers:
            reached.numbers[id(node)] = len(reached.nodes)
            reached.nodes.append(node)


def _entry_is_used(reached: Reached) -> bool:
    """Count the defaults of the entry as well once something it reaches may call it again; tell whether that is new."""
    entry = reached.nodes[0]
    if reached.with_defaults or not entry.defaults:
        return False
    reached.with_defaults = any(entry in node.edges or entry in node.defaults for node in reached.nodes)
    _add(reached, entry.defaults if reached.with_defaults else ())
    return reached.with_defaults


def sort_edges(node: Node) -> None:
    """Order the edges of a set by what they are, so that the order of its elements in memory does not show."""
    node.edges.sort(key=lambda child: reach(child, (), _nothing_more).digest())
    node.unordered = False


def _nothing_more(_aspects: Iterable[str]) -> Sequence[Node]:
    return ()

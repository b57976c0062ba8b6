"""Hold the graph of everything that a function reaches, and digest it from any of its nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

from attrs import define, field

from .encoding import joined, seal, text, texts

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


Aspects: TypeAlias = Mapping[str, bytes]

_NONE: Aspects = MappingProxyType({})
_NO_REASONS: Mapping[str, str] = MappingProxyType({})


@define(eq=False, repr=False)
class Node:
    """One object that a function reaches: its own facts, and what it reaches in turn, in an order that never varies."""

    kind: str
    name: str = ""
    content: bytes = b""
    """Digest of the facts of this object alone."""
    own_name: str = ""
    """The name that the object itself knows (``__name__``); it counts unless the node is the entry."""
    edges: list[Node] = field(factory=list)
    defaults: Sequence[Node] = ()
    """Edges to the defaults of a function, which count unless the node is the entry."""
    file: str = ""
    line: int = 0
    text: str = ""
    version: str = ""
    watches: Mapping[str, str] = _NO_REASONS
    """Aspects that this code depends on, with the reason: see :mod:`.widening`."""
    tell: Callable[[], Aspects] | None = None
    """Makes :attr:`aspects`, which most fingerprints never ask for."""
    notes: Callable[[], Iterable[tuple[str, str]]] | None = None
    """Tells people what else this object holds, each part with its value: defaults, closures, attributes."""
    unordered: bool = False
    """The edges are those of a set, to be sorted by digest."""
    problem: str = ""
    """Why this object can be identified neither by value nor by derivation."""
    facts: bytes = b""
    """What :class:`Reached` hashes of this object wherever it is met, kept once it is made."""

    def watch(self, aspect: str, reason: str) -> None:
        """Note that this code depends on an aspect, and why, in words that follow its name; the first reason is told."""
        self.watches = {aspect: f"{self.name} {reason}".lstrip(), **self.watches}

    @property
    def aspects(self) -> Aspects:
        """What this object contributes when some code depends on an aspect."""
        return self.tell() if self.tell is not None else _NONE

    def children(self) -> Sequence[Node]:
        """Return all edges."""
        return [*self.edges, *self.defaults] if self.defaults else self.edges


Expansion = Callable[[Iterable[str]], Sequence[Node]]
"""Give the nodes that code with these aspects depends on besides those it names."""


@define(eq=False, repr=False)
class Reached:
    """All nodes that an entry reaches, in the order of a breadth-first walk, and the aspects that count among them."""

    nodes: list[Node]
    numbers: dict[Node, int]
    chain: frozenset[int]
    """Positions of the entry and of the functions that it wraps."""
    aspects: frozenset[str]
    with_defaults: bool

    def children(self, node: Node) -> Sequence[Node]:
        """Return the edges that count."""
        return node.edges if node is self.nodes[0] and not self.with_defaults else node.children()

    def digest(self) -> bytes:
        """Return the digest of the whole graph as seen from its entry.

        The walk numbers the nodes in the order it meets them, so that the digest tells any two graphs apart that differ in
        a fact, an edge or the sharing of objects (cycles included), and depends on nothing else.
        """
        numbers, parts = self.numbers, list[bytes]()
        for position, node in enumerate(self.nodes):
            unnamed = position in self.chain and "names" not in self.aspects
            parts.append(_facts(node, b"") if unnamed else (node.facts or _kept_facts(node)))
            if self.aspects:
                aspects = node.aspects
                parts.append(joined([aspects[name] for name in sorted(self.aspects & aspects.keys())]))
            children = node.edges if not node.defaults else self.children(node)
            parts.append(repr([numbers[child] for child in children]).encode())
        return seal("graph", texts(sorted(self.aspects)), b"".join(parts))


def _kept_facts(node: Node) -> bytes:
    node.facts = _facts(node, text(node.own_name))
    return node.facts


def _facts(node: Node, name: bytes) -> bytes:
    return joined((text(node.kind), node.content, name))


def reach(entry: Node, chain: Sequence[Node], expand: Expansion) -> Reached:
    """Walk from an entry. ``chain`` is the entry and what it wraps; ``expand`` adds what the aspects met call for."""
    reached = Reached([entry], {entry: 0}, frozenset(), frozenset(), with_defaults=False)
    position = 0
    seen: set[str] = set()
    while True:
        position = _walk(reached, position, seen)
        found = seen - reached.aspects
        reached.aspects |= found
        _add(reached, expand(sorted(found)) if found else ())
        if not found and not _entry_is_used(reached):
            reached.chain = frozenset(reached.numbers[node] for node in chain if node in reached.numbers)
            return reached


def _walk(reached: Reached, position: int, seen: set[str]) -> int:
    nodes, numbers = reached.nodes, reached.numbers
    while position < len(nodes):
        node = nodes[position]
        position += 1
        if node.watches:
            seen.update(node.watches)
        for child in node.edges if not node.defaults else reached.children(node):
            if child not in numbers:
                numbers[child] = len(nodes)
                nodes.append(child)
    return position


def _add(reached: Reached, nodes: Iterable[Node]) -> None:
    for node in nodes:
        if node not in reached.numbers:
            reached.numbers[node] = len(reached.nodes)
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

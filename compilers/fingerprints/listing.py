"""List what a fingerprint consists of: the named nodes that it reaches, each with the unnamed ones under it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from .encoding import joined, seal, text
from .manifests import NOTE, Definition, Manifest
from .nodes import NAMED, Node, Reached

_LISTED = frozenset({"function", "class", "constant", "effects", "module", "files"})
"""Named nodes that have something to show; the rest appear as references only."""


def manifest(
    reached: Reached, known: dict[tuple[int, frozenset[str]], Definition], ignored: Sequence[str] = ()
) -> Manifest:
    """Return the manifest of everything reached; ``known`` keeps definitions between the functions of a process."""
    listed = [node for node in reached.nodes if node.kind in _LISTED or node is reached.nodes[0]]
    definitions = tuple(_definition(reached, node, known) for node in listed)
    distributions = {(node.name, node.version) for node in reached.nodes if node.kind == "distribution"}
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    return Manifest(definitions, tuple(sorted(distributions)), python, tuple(ignored))


def _definition(reached: Reached, node: Node, known: dict[tuple[int, frozenset[str]], Definition]) -> Definition:
    special = reached.numbers[node] in reached.chain
    key = (id(node), reached.aspects)
    if special or key not in known:
        found = _read_definition(reached, node)
        if special:
            return found
        known[key] = found
    return known[key]


def _read_definition(reached: Reached, node: Node) -> Definition:
    parts = list(_parts(reached, node))
    references = tuple(
        dict.fromkeys(child.name for part in parts for child in reached.children(part) if child.kind in NAMED)
    )
    numbers = {id(part): number for number, part in enumerate(parts)}
    facts = joined(fact for part in parts for fact in _facts(reached, part, numbers))
    digest = seal("definition", facts).hex()
    kind = node.kind if node.kind in _LISTED else "value"
    return Definition(kind, node.name or "value", node.file, node.line, digest, _text(reached, node), references)


def _text(reached: Reached, node: Node) -> str:
    """Return the text of a node with what else it holds, for people; the defaults of the entry only if they count."""
    without = node is reached.nodes[0] and not reached.with_defaults
    notes = node.notes() if node.notes is not None else ()
    lines = [f"{NOTE}{part} = {value}" for part, value in notes if not (without and part.startswith("default "))]
    return "\n".join([node.text, *lines])


def _parts(reached: Reached, node: Node) -> Iterator[Node]:
    """Yield a node and the unnamed nodes that belong to it."""
    seen = {id(node)}
    pending = [node]
    for part in pending:
        yield part
        for child in reached.children(part):
            if child.kind not in NAMED and id(child) not in seen:
                seen.add(id(child))
                pending.append(child)


def _facts(reached: Reached, node: Node, numbers: Mapping[int, int]) -> Iterable[bytes]:
    yield text(node.kind)
    yield node.content
    yield from (node.aspects[aspect] for aspect in sorted(reached.aspects & node.aspects.keys()))
    for child in reached.children(node):
        yield text(f"#{numbers[id(child)]}") if id(child) in numbers else text(f"{child.kind} {child.name}")

"""Identify a module that cannot be imported by its source and by that of everything it imports."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .encoding import joined, seal, texts
from .externals import external
from .loading import find, owner_of_spec
from .nodes import Node
from .resolution import absolute
from .tables import Table

if TYPE_CHECKING:
    from .reach import Walker


def unloadable(walker: Walker, name: str, file: str) -> Node:
    """Return the node of the sources of a module and of all that it imports, without running any of it."""
    node = Node("module", name, file=walker.ownership.relative(file) if file else "")
    parts: list[bytes] = []
    pending, seen = [(name, file)], set[str]()
    while pending:
        current, place = pending.pop()
        if current in seen:
            continue
        seen.add(current)
        table = walker.sources.table(place)
        parts.append(texts([current]) + (table.module if table is not None else b"no source"))
        pending.extend(_imports(walker, node, current, place, table))
    node.content = seal("static", joined(sorted(parts)))
    return node


def _imports(walker: Walker, node: Node, name: str, place: str, table: Table | None) -> Iterator[tuple[str, str]]:
    package = name if Path(place).name == "__init__.py" else name.rpartition(".")[0]
    for module, level, taken in table.imports.values() if table is not None else ():
        base = absolute({"__package__": package}, module, level)
        for candidate in (base, f"{base}.{taken}" if taken and taken != "*" else ""):
            spec = find(candidate) if candidate and _parent_is_safe(candidate) else None
            if spec is None:
                continue
            owner = owner_of_spec(walker, spec)
            if owner.kind == "project":
                yield candidate, str(spec.origin or "")
            else:
                node.edges.append(external(walker, owner, candidate))


def _parent_is_safe(name: str) -> bool:
    """Finding ``a.b`` imports ``a``: only do so where that happened already."""
    parent = name.rpartition(".")[0]
    return not parent or parent in sys.modules

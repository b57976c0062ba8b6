"""Derive a value from the statements of its module, where the value itself cannot be identified."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .drivers import drivers, mentioned_through
from .encoding import joined, seal
from .nodes import NAMED, Node
from .resolution import absolute, refer, statement_digests
from .tables import Statement, Table

if TYPE_CHECKING:
    from .reach import Walker

_UNSEEDED = r"\b(Random|RandomState|default_rng|SystemRandom|PCG64|MT19937|Philox|SFC64|SeedSequence|Generator)\(\s*\)"
_RANDOM_TYPES = frozenset(
    {"random", "numpy.random", "torch", "torch._C", "numpy.random._generator", "numpy.random.mtrand"}
)


class Derivations:
    """Reads, of the modules that are loaded, what their statements bind and do."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self._watched: list[tuple[Node, dict[str, object], str]] = []
        self._derived: set[int] = set()

    # -- what the source says of a name ---------------------------------------------------------------------------

    def table(self, namespace: dict[str, object]) -> Table | None:
        """Return the table of the source of a module."""
        file = namespace.get("__file__")
        return self._walker.dismissals.table(file, namespace) if isinstance(file, str) else None

    def line(self, namespace: dict[str, object], name: str) -> int:
        """Return the line that binds a name at the top of its module; 0 if none does."""
        table = self.table(namespace)
        return table.lines.get(name, 0) if table is not None else 0

    def imported_from(self, namespace: dict[str, object], name: str) -> tuple[types.ModuleType | None, str | None]:
        """Return the loaded module that a name was imported from, and what it is called there."""
        table = self.table(namespace)
        origin = table.imports.get(name) if table is not None else None
        if origin is None or origin[2] is None:
            return None, None
        return sys.modules.get(absolute(namespace, origin[0], origin[1])), origin[2]

    def is_unseeded(self, namespace: dict[str, object], name: str, value: object) -> bool:
        """Tell whether a value is a random generator that starts anywhere: its state then says nothing about the code."""
        if type(value).__module__ not in _RANDOM_TYPES:
            return False
        table = self.table(namespace)
        binding = [statement for statement in table.statements if name in statement.binds] if table else []
        return bool(binding) and all(re.search(_UNSEEDED, statement.text) for statement in binding)

    # -- derivation -----------------------------------------------------------------------------------------------

    def watch(self, node: Node, namespace: dict[str, object], name: str) -> None:
        """Derive the value under a node from its module if it turns out to hold something that cannot be identified.

        An empty name stands for the whole module.
        """
        self._watched.append((node, namespace, name))

    def settle(self, opaque: list[Node]) -> bool:
        """Derive the objects that could not be identified; tell whether that reached anything new."""
        pending = {id(node): node for node in opaque if id(node) not in self._derived}
        if not pending:
            return False
        for by_name in (True, False):
            for owner, namespace, name in [item for item in self._watched if bool(item[2]) is by_name]:
                for node in _parts(owner):
                    if pending.pop(id(node), None) is not None:
                        self.explain(node, namespace, name)
        for node in pending.values():
            node.problem = (
                f"an object of type {node.name} can be identified neither by its value nor by the code that makes it"
            )
        self._derived.update(id(node) for node in opaque)
        return True

    def explain(self, node: Node, namespace: dict[str, object], name: str) -> None:
        """Let the statements that bind or change a name stand for its value."""
        namespace, name = self._home(namespace, name)
        table = self.table(namespace)
        if table is None:
            node.problem = f"{node.name or name} has no source that would tell how it is made"
            return
        chosen = _closure(table, name, drivers(table, namespace)) if name else list(table.statements)
        node.content = seal("derivation", node.content, joined(statement_digests(chosen)))
        node.text = "\n".join(statement.text for statement in chosen if statement.text)
        refer(self._walker, node, chosen, namespace, name)

    def _home(self, namespace: dict[str, object], name: str) -> tuple[dict[str, object], str]:
        for _ in range(50):
            module, taken = self.imported_from(namespace, name)
            if module is None or taken is None or self._walker.ownership.of_module(module).kind != "project":
                break
            namespace, name = module.__dict__, taken
        return namespace, name


def _closure(table: Table, name: str, drivers: set[str]) -> list[Statement]:
    """Return the statements that may bind or change a name, directly, through another name for it or through a function."""
    through = mentioned_through(table)
    tracked = {name}
    chosen: set[int] = set()
    for _ in table.statements:
        found = {
            index
            for index, statement in enumerate(table.statements)
            if index not in chosen and _concerns(statement, tracked, through, drivers)
        }
        if not found:
            break
        chosen |= found
        tracked |= {
            bound
            for index in found
            if table.statements[index].kind == "code"
            for bound in table.statements[index].binds
        }
    return [table.statements[index] for index in sorted(chosen)]


def _concerns(statement: Statement, tracked: set[str], through: dict[str, set[str]], drivers: set[str]) -> bool:
    if tracked & {*statement.binds}:
        return True
    if statement.kind in {"import", "main"} or drivers & {*statement.mentions}:
        return False
    reached = {inner for mentioned in statement.mentions for inner in (mentioned, *through.get(mentioned, ()))}
    return bool(tracked & reached)


def _parts(owner: Node) -> Iterator[Node]:
    """Yield a node and the unnamed nodes under it."""
    seen = {id(owner)}
    pending = [owner]
    while pending:
        node = pending.pop()
        yield node
        for child in (*node.edges, *node.defaults):
            if id(child) not in seen and child.kind not in NAMED:
                seen.add(id(child))
                pending.append(child)

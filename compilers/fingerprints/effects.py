"""Find what modules do to the world beyond the project when they are imported: seeds, options, patches."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from .drivers import drivers, mentioned_through
from .encoding import joined, seal
from .externals import is_project_function
from .nodes import Node
from .resolution import absolute, refer, statement_digests
from .tables import Statement, Table, is_acting

if TYPE_CHECKING:
    from .reach import Walker

_HARMLESS = frozenset(
    {"logging", "atexit", "unittest", "doctest", "argparse", "typing", "pytest", "abc", "math", "json", "re", "sys"}
)
"""Modules that a function may mention without its call at the top of a module changing what a step computes."""


class Effects:
    """Reads the statements at the top of loaded modules that act on something beyond the project."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self._effects: dict[str, list[Node]] = {}
        self._own: dict[str, Node | None] = {}
        self._unreferred: list[tuple[Node, Sequence[Statement], dict[str, object]]] = []
        self._direct: dict[str, list[types.ModuleType]] = {}
        self._acting: dict[str, set[str]] = {}

    def _table(self, module: types.ModuleType) -> Table | None:
        file = module.__dict__.get("__file__")
        return self._walker.dismissals.table(file, module.__dict__) if isinstance(file, str) else None

    def of_module(self, module: types.ModuleType) -> Sequence[Node]:
        """Return the nodes of what a module and those of the project that it imports did to the world, by module."""
        name = module.__name__
        if name not in self._effects:
            self._settle(self._imported(module))
        return self._effects.get(name, ())

    def _settle(self, modules: dict[str, types.ModuleType]) -> None:
        """Find the effects of modules among which each finds all that it imports.

        They are few, so each is handed up to the modules that import it, at any distance, rather than sought from every one.
        What they refer to follows last: it may ask for the effects of any of these modules.
        """
        fresh = {name for name in modules if name not in self._effects}
        self._effects.update((name, []) for name in fresh)
        importers: dict[str, list[str]] = {}
        for name in modules:
            for inner in self._direct[name]:
                importers.setdefault(inner.__name__, []).append(name)
        for name in sorted(modules):
            own = self._own_effects(modules[name])
            if own is not None:
                self._hand_up(own, _upward(name, importers) & fresh)
        while self._unreferred:
            node, chosen, namespace = self._unreferred.pop()
            refer(self._walker, node, chosen, namespace, "")

    def _hand_up(self, node: Node, importers: set[str]) -> None:
        for importer in importers:
            self._effects[importer].append(node)

    def _imported(self, module: types.ModuleType) -> dict[str, types.ModuleType]:
        """Return a module, its packages, and the loaded modules of the project that they import, at any distance."""
        found: dict[str, types.ModuleType] = {}
        pending: list[types.ModuleType] = [module]
        while pending:
            current = pending.pop()
            name = current.__name__
            if name in found or self._walker.ownership.of_module(current).kind != "project":
                continue
            found[name] = current
            if name not in self._direct:
                self._direct[name] = list(self._imports(current))
            pending.extend(self._direct[name])
        return found

    def _imports(self, module: types.ModuleType) -> Iterator[types.ModuleType]:
        table = self._table(module)
        origins = table.imports.values() if table is not None else ()
        names = {absolute(module.__dict__, place, level) for place, level, _ in origins}
        names |= {f"{absolute(module.__dict__, place, level)}.{taken}" for place, level, taken in origins if taken}
        parents = {name.rpartition(".")[0] for name in {*names, module.__name__}}
        for name in sorted(names | parents):
            found = sys.modules.get(name)
            if isinstance(found, types.ModuleType):
                yield found

    def _own_effects(self, module: types.ModuleType) -> Node | None:
        if module.__name__ not in self._own:
            self._own[module.__name__] = self._read_effects(module)
        return self._own[module.__name__]

    def _read_effects(self, module: types.ModuleType) -> Node | None:
        table = self._table(module)
        if table is None or not table.acts:
            return None  # as most modules
        acting = self._acting_names(table, module.__dict__)
        running = drivers(table, module.__dict__)
        chosen = tuple(
            item
            for item in table.statements
            if is_acting(item)
            and acting & {*item.acts_on}
            and not running & {*item.mentions, *item.binds}
            and "sys.path" not in item.text
        )
        if not chosen:
            return None
        node = Node("effects", f"{module.__name__} (top level)", seal("effects", joined(statement_digests(chosen))))
        node.file, node.line = self._walker.ownership.relative(str(module.__file__)), chosen[0].line
        node.text = "\n".join(item.text for item in chosen)
        self._unreferred.append((node, chosen, module.__dict__))
        return node

    def _acting_names(self, table: Table, namespace: dict[str, object]) -> set[str]:
        """Return the names through which statements act: what is beyond the project, and the functions here that use it."""
        world = {name for name, value in list(namespace.items()) if self._is_world(value)}
        own = {name for name, inner in mentioned_through(table).items() if world & inner}
        return (
            world
            | {name for name in own if isinstance(namespace.get(name), types.FunctionType)}
            | self._imported_actors(namespace)
        )

    def _imported_actors(self, namespace: dict[str, object]) -> set[str]:
        """Return the names of functions of other modules of the project that act on the world."""
        found: set[str] = set()
        for name, value in list(namespace.items()):
            home = sys.modules.get(value.__module__ or "") if isinstance(value, types.FunctionType) else None
            if home is None or home.__dict__ is namespace or not is_project_function(self._walker, value):  # type: ignore[arg-type]  # a function
                continue
            table = self._table(home)
            if table is not None and value.__name__ in self._acting_names_of(home, table):  # type: ignore[attr-defined]  # a function
                found.add(name)
        return found

    def _acting_names_of(self, module: types.ModuleType, table: Table) -> set[str]:
        if module.__name__ not in self._acting:
            self._acting[module.__name__] = set()  # two modules may import each other's functions
            names = self._acting_names(table, module.__dict__) - drivers(table, module.__dict__)
            self._acting[module.__name__] = names
        return self._acting[module.__name__]

    def _is_world(self, value: object) -> bool:
        """Tell whether a value is a module, class or function beyond the project, through which the world is changed."""
        if not isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)):
            return False
        name = value.__name__ if isinstance(value, types.ModuleType) else str(value.__module__)
        owner = self._walker.owner_of_module_name(name)
        return owner.kind not in {"project", "penstock"} and name.partition(".")[0] not in _HARMLESS


def _upward(name: str, importers: Mapping[str, Sequence[str]]) -> set[str]:
    """Return a module and those that import it, at any distance."""
    found = {name}
    pending = [name]
    while pending:
        fresh = [importer for importer in importers.get(pending.pop(), ()) if importer not in found]
        found.update(fresh)
        pending.extend(fresh)
    return found

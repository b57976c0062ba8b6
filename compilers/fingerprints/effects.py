"""Find what modules do to the world beyond the project when they are imported: seeds, options, patches."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .drivers import drivers, mentioned_through
from .encoding import joined, seal
from .externals import is_project_function
from .nodes import Node
from .resolution import absolute, refer, statement_digests
from .tables import Table

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
        self._direct: dict[str, list[types.ModuleType]] = {}
        self._acting: dict[str, set[str]] = {}

    def _table(self, module: types.ModuleType) -> Table | None:
        file = module.__dict__.get("__file__")
        return self._walker.sources.table(file) if isinstance(file, str) else None

    def of_module(self, module: types.ModuleType) -> list[Node]:
        """Return the nodes of what a module and those of the project that it imports did to the world, by module."""
        name = module.__name__
        if name not in self._effects:
            self._effects[name] = []  # an import cycle finds this module without effects, and adds it itself
            acting = [item for item in self._imported(module) if self._own_effects(item) is not None]
            found = [self._own_effects(item) for item in sorted(acting, key=lambda item: item.__name__)]
            self._effects[name] = [node for node in found if node is not None]
        return self._effects[name]

    def _imported(self, module: types.ModuleType) -> list[types.ModuleType]:
        """Return a module, its packages, and the loaded modules of the project that they import, at any distance."""
        found: dict[int, types.ModuleType] = {}
        pending: list[types.ModuleType] = [module]
        while pending:
            current = pending.pop()
            if id(current) in found or self._walker.ownership.of_module(current).kind != "project":
                continue
            found[id(current)] = current
            if current.__name__ not in self._direct:
                self._direct[current.__name__] = list(self._imports(current))
            pending.extend(self._direct[current.__name__])
        return list(found.values())

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
        chosen = (
            [item for item in table.statements if item.kind == "code" and item.acts_on] if table is not None else []
        )
        if table is None or not chosen:
            return None  # as most modules
        acting = self._acting_names(table, module.__dict__)
        running = drivers(table, module.__dict__)
        chosen = [item for item in chosen if acting & {*item.acts_on} and not running & {*item.mentions, *item.binds}]
        chosen = [item for item in chosen if "sys.path" not in item.text]
        if not chosen:
            return None
        node = Node("effects", f"{module.__name__} (top level)", seal("effects", joined(statement_digests(chosen))))
        node.file, node.line = self._walker.ownership.relative(str(module.__file__)), chosen[0].line
        node.text = "\n".join(item.text for item in chosen)
        refer(self._walker, node, chosen, module.__dict__, "")
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

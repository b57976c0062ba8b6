"""Derive a value from the statements of its module, where the value itself cannot be identified."""

from __future__ import annotations

import os
import re
import sys
import types
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from .encoding import joined, seal, texts
from .externals import external, is_penstock_type
from .loading import find, owner_of_spec
from .nodes import NAMED, Node
from .resolution import Resolver
from .statements import Statement
from .tables import Table

if TYPE_CHECKING:
    from .reach import Walker

_UNSEEDED = re.compile(r"\b(Random|RandomState|default_rng|SystemRandom|PCG64|MT19937|Philox|SFC64|SeedSequence|Generator)\(\s*\)")
_RANDOM_TYPES = frozenset({"random", "numpy.random", "torch", "torch._C", "numpy.random._generator", "numpy.random.mtrand"})
_HARMLESS = frozenset({"logging", "atexit", "unittest", "doctest", "argparse", "typing", "pytest", "abc"})
"""Modules whose functions, called at the top of a module, do not change what a step computes."""


class Derivations:
    """Reads, of the modules that are loaded, what their statements bind and do."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self._watched: list[tuple[Node, dict[str, object], str]] = []
        self._effects: dict[str, list[Node]] = {}
        self._own: dict[str, Node | None] = {}
        self._derived: set[int] = set()
        self._direct: dict[str, list[types.ModuleType]] = {}

    # -- what the source says of a name ---------------------------------------------------------------------------

    def table(self, namespace: dict[str, object]) -> Table | None:
        """Return the table of the source of a module."""
        file = namespace.get("__file__")
        return self._walker.sources.table(file) if isinstance(file, str) else None

    def line(self, namespace: dict[str, object], name: str) -> int:
        """Return the line that binds a name at the top of its module; 0 if none does."""
        table = self.table(namespace)
        found = (statement.line for statement in table.statements if name in statement.binds) if table else iter(())
        return next(found, 0)

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
        return bool(binding) and all(_UNSEEDED.search(statement.text) for statement in binding)

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
            node.problem = f"an object of type {node.name} can be identified neither by its value nor by the code that makes it"
        self._derived.update(id(node) for node in opaque)
        return True

    def explain(self, node: Node, namespace: dict[str, object], name: str) -> None:
        """Let the statements that bind or change a name stand for its value."""
        namespace, name = self._home(namespace, name)
        table = self.table(namespace)
        if table is None:
            node.problem = f"{node.name or name} has no source that would tell how it is made"
            return
        chosen = _closure(table, name, self.drivers(table, namespace)) if name else list(table.statements)
        node.content = seal("derivation", node.content, joined(_digests(chosen)))
        node.text = "\n".join(statement.text for statement in chosen if statement.text)
        self._refer(node, chosen, namespace, name)

    def _home(self, namespace: dict[str, object], name: str) -> tuple[dict[str, object], str]:
        for _ in range(50):
            module, taken = self.imported_from(namespace, name)
            if module is None or taken is None or self._walker.ownership.of_module(module).kind != "project":
                break
            namespace, name = module.__dict__, taken
        return namespace, name

    def _refer(self, node: Node, chosen: Iterable[Statement], namespace: dict[str, object], name: str) -> None:
        resolver = Resolver(self._walker, node, namespace)
        own = {bound for statement in chosen if statement.kind == "code" for bound in statement.binds} | {name}
        for statement in chosen:
            for use in statement.form.uses:
                if use.name not in own and statement.kind != "main":
                    resolver.follow(use)

    # -- effects --------------------------------------------------------------------------------------------------

    def effects(self, module: types.ModuleType) -> list[Node]:
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
        table = self.table(module.__dict__)
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
        table = self.table(module.__dict__)
        if table is None:
            return None
        drivers = self.drivers(table, module.__dict__)
        chosen = [item for item in table.statements if self._is_effect(item, module.__dict__, drivers)]
        if not chosen:
            return None
        node = Node("effects", f"{module.__name__} (top level)", seal("effects", joined(_digests(chosen))))
        node.file, node.line = self._walker.ownership.relative(str(module.__file__)), chosen[0].line
        node.text = "\n".join(item.text for item in chosen)
        self._refer(node, chosen, module.__dict__, "")
        return node

    def _is_effect(self, statement: Statement, namespace: dict[str, object], drivers: set[str]) -> bool:
        if statement.kind != "code" or "sys.path" in statement.text or drivers & {*statement.mentions, *statement.binds}:
            return False
        return any(self._is_world(namespace.get(name)) for name in statement.acts_on)

    def _is_world(self, value: object) -> bool:
        """Tell whether a value is a module, class or function beyond the project, through which the world is changed."""
        if not isinstance(value, (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)):
            return False
        name = value.__name__ if isinstance(value, types.ModuleType) else str(value.__module__)
        owner = self._walker.owner_of_module_name(name)
        return owner.kind not in {"project", "penstock"} and name.partition(".")[0] not in _HARMLESS

    def drivers(self, table: Table, namespace: dict[str, object]) -> set[str]:
        """Return the names at the top of a module that come from running or composing steps, as scripts do."""
        names = {name for name, value in list(namespace.items()) if _is_penstock(value)}
        names |= {statement.binds[0] for statement in table.statements if statement.kind == "def" and names & {*statement.inner}}
        for statement in table.statements:
            if statement.kind == "code" and names & {*statement.mentions}:
                names |= {*statement.binds}
        return names

    # -- modules that cannot be imported --------------------------------------------------------------------------

    def static(self, name: str, file: str) -> Node:
        """Return the node of the sources of a module and of all that it imports, without running any of it."""
        node = Node("module", name, file=self._walker.ownership.relative(file) if file else "")
        parts: list[bytes] = []
        pending, seen = [(name, file)], set[str]()
        while pending:
            current, place = pending.pop()
            if current in seen:
                continue
            seen.add(current)
            table = self._walker.sources.table(place)
            parts.append(texts([current, table.module if table is not None else "no source"]))
            pending.extend(self._static_imports(node, current, place, table))
        node.content = seal("static", joined(sorted(parts)))
        return node

    def _static_imports(self, node: Node, name: str, place: str, table: Table | None) -> Iterator[tuple[str, str]]:
        package = name if os.path.basename(place) == "__init__.py" else name.rpartition(".")[0]
        for module, level, taken in table.imports.values() if table is not None else ():
            base = absolute({"__package__": package}, module, level)
            for candidate in (base, f"{base}.{taken}" if taken and taken != "*" else ""):
                spec = find(candidate) if candidate and _parent_is_safe(candidate) else None
                if spec is None:
                    continue
                owner = owner_of_spec(self._walker, spec)
                if owner.kind == "project":
                    yield candidate, str(spec.origin or "")
                else:
                    node.edges.append(external(self._walker, owner, candidate))


def absolute(namespace: dict[str, object], module: str, level: int) -> str:
    """Return the full name of a module that an import statement names with ``level`` dots."""
    if not level:
        return module
    package = str(namespace.get("__package__") or "")
    base = package.split(".")
    return ".".join([*base[: len(base) - level + 1], *filter(None, [module])])


def _parent_is_safe(name: str) -> bool:
    """Finding ``a.b`` imports ``a``: only do so where that happened already."""
    parent = name.rpartition(".")[0]
    return not parent or parent in sys.modules


def _is_penstock(value: object) -> bool:
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0] == "penstock"
    return is_penstock_type(type(value)) or (isinstance(value, (type, types.FunctionType)) and is_penstock_type(value))  # type: ignore[arg-type]  # both know their module


def _digests(chosen: Iterable[Statement]) -> Iterator[bytes]:
    for statement in chosen:
        yield bytes.fromhex(statement.form.digest) + texts(statement.form.names)


def _closure(table: Table, name: str, drivers: set[str]) -> list[Statement]:
    """Return the statements that may bind or change a name, directly, through another name for it or through a function."""
    through = _mentioned_through(table)
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
        tracked |= {bound for index in found if table.statements[index].kind == "code" for bound in table.statements[index].binds}
    return [table.statements[index] for index in sorted(chosen)]


def _concerns(statement: Statement, tracked: set[str], through: dict[str, set[str]], drivers: set[str]) -> bool:
    if tracked & {*statement.binds}:
        return True
    if statement.kind in {"import", "main"} or drivers & {*statement.mentions}:
        return False
    reached = {inner for mentioned in statement.mentions for inner in (mentioned, *through.get(mentioned, ()))}
    return bool(tracked & reached)


def _mentioned_through(table: Table) -> dict[str, set[str]]:
    """Return, for each function and class at the top, the names that calling it may mention at any depth."""
    direct = {bound: {*statement.inner} for statement in table.statements if statement.inner for bound in statement.binds}
    for _ in direct:
        wider = {name: names | {deep for inner in names for deep in direct.get(inner, ())} for name, names in direct.items()}
        if wider == direct:
            break
        direct = wider
    return direct


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



"""Resolve the names that code uses to what they stand for now."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from . import widening
from .encoding import text, texts
from .externals import builtin, builtins_of, external, is_original_builtin, module_attribute
from .forms import Use
from .loading import Absent, Beyond, load
from .nodes import Node
from .tables import Statement

if TYPE_CHECKING:
    from .reach import Walker

_MISSING = object()
_NOWHERE = Node("nowhere")
_WORLD_OF_MODULE = frozenset({"__file__", "__path__", "__spec__", "__loader__", "__cached__", "__builtins__"})


class Resolver:
    """Adds to the node of one function, or of statements of a module, what their uses of names reach."""

    def __init__(
        self,
        walker: Walker,
        namespace: dict[str, object],
        closure: Mapping[str, types.CellType] | None = None,
    ) -> None:
        self._walker = walker
        self._node = _NOWHERE
        self._globals = namespace
        self._builtins = builtins_of(namespace)
        self._closure = closure or {}

    def follow(self, node: Node, use: Use) -> None:
        """Add to a node what one use reaches."""
        outer, self._node = self._node, node  # code that is written out as a text leads back here
        if use.kind == "import":
            self._imports(use)
        elif use.kind == "free" and use.name in self._closure:
            self._free(use)
        else:
            self._global(use)
        self._node = outer

    def _global(self, use: Use) -> None:
        if use.name in self._globals:
            self._followed(use, self._globals[use.name], (self._globals, use.name))
        elif use.name in self._builtins:
            self._builtin(use, self._builtins[use.name])
        else:
            self._add(self._walker.missing(use.name))

    def _builtin(self, use: Use, value: object) -> None:
        if not is_original_builtin(use.name, value):
            self._add(self._walker.node(value))
            return
        if use.how == "getattr":
            return
        widening.note(self._walker, self._node, f"builtins.{use.name}", use, self._globals)
        self._add(builtin(self._walker, use.name))

    def _free(self, use: Use) -> None:
        try:
            value = self._closure[use.name].cell_contents
        except ValueError:
            return  # not bound yet: the cell itself says so
        if isinstance(value, types.ModuleType):
            self._followed(use, value, (self._globals, use.name))
        else:
            self._notice(use, value)

    def _notice(self, use: Use, value: object) -> None:
        name = widening.dotted_name(value)
        if name:
            widening.note(self._walker, self._node, name, use, self._globals)

    # -- values and modules ---------------------------------------------------------------------------------------

    def _followed(self, use: Use, value: object, place: tuple[dict[str, object], str]) -> None:
        """Go from a value along the attributes that are used, as far as modules go."""
        attributes = list(use.attributes)
        while isinstance(value, types.ModuleType) and attributes:
            if widening.note(self._walker, self._node, f"{value.__name__}.{'.'.join(attributes)}", use, self._globals):
                self._add(self._beyond(value.__name__, attributes))
                return
            name = attributes.pop(0)
            if name == "__dict__":
                self._add(self._walker.node(value))
                return
            found = self._attribute(value, name)
            if found is _MISSING or self._is_end(value, name, found):
                self._end(value, [name, *attributes], found)
                return
            value, place = found, (value.__dict__, name)
        self._arrived(use, value, place)

    def _attribute(self, module: types.ModuleType, name: str) -> object:
        if name in module.__dict__:
            return module.__dict__[name]
        if self._walker.ownership.of_module(module).kind != "project":
            return _MISSING
        loaded = load(self._walker, f"{module.__name__}.{name}") if "__path__" in module.__dict__ else None
        return loaded if isinstance(loaded, types.ModuleType) else _MISSING

    def _is_end(self, module: types.ModuleType, name: str, value: object) -> bool:
        """Tell whether an attribute is not to be looked into: it is beyond the project, or tells where the module lies."""
        if isinstance(value, types.ModuleType):
            return False
        return name in _WORLD_OF_MODULE or self._walker.ownership.of_module(module).kind != "project"

    def _end(self, module: types.ModuleType, attributes: list[str], value: object) -> None:
        if self._walker.ownership.of_module(module).kind != "project":
            known = value is not _MISSING
            beyond = module_attribute(self._walker, module, tuple(attributes[:1]), value) if known else None
            self._add(beyond or self._beyond(module.__name__, attributes))
        elif attributes[0] in _WORLD_OF_MODULE:
            self._add(self._location(module.__dict__, attributes[0]))
        else:
            self._absent(module, attributes[0])

    def _absent(self, module: types.ModuleType, name: str) -> None:
        self._add(self._walker.missing(f"{module.__name__}.{name}"))
        hook = module.__dict__.get("__getattr__")
        if hook is not None:
            self._add(self._walker.node(hook))

    def _beyond(self, module: str, attributes: list[str]) -> Node:
        owner = self._walker.owner_of_module_name(module)
        return external(self._walker, owner, ".".join((module, *attributes)))

    def _arrived(self, use: Use, value: object, place: tuple[dict[str, object], str]) -> None:
        namespace, name = place
        if isinstance(value, types.ModuleType):
            if use.how != "import":
                widening.note(self._walker, self._node, value.__name__, use, self._globals)
                self._add(self._walker.node(value))
            return
        if name in _WORLD_OF_MODULE:
            self._add(self._location(namespace, name))
            return
        self._notice(use, value)
        if use.how != "import":
            self._add(self._walker.bindings.reference(namespace, name, value))

    def _location(self, namespace: dict[str, object], name: str) -> Node:
        """Say where a module lies, relative to its project."""
        file = namespace.get("__file__")
        place = self._walker.ownership.relative(file) if isinstance(file, str) else ""
        return self._walker.leaf("value", "", text(f"{name}={place}"), summary=place)

    # -- imports inside functions ---------------------------------------------------------------------------------

    def _imports(self, use: Use) -> None:
        for module, level, taken in use.origins:
            name = self._absolute(module, level)
            if not widening.note(
                self._walker, self._node, ".".join([name, *filter(None, [taken]), *use.attributes]), use, self._globals
            ):
                self._imported(use, name, taken)

    def _absolute(self, module: str, level: int) -> str:
        if not level:
            return module
        package = str(self._globals.get("__package__") or self._globals.get("__name__", ""))
        if not self._globals.get("__package__") and "__path__" not in self._globals:
            package = package.rpartition(".")[0]
        base = package.split(".")
        return ".".join([*base[: len(base) - level + 1], *filter(None, [module])])

    def _imported(self, use: Use, name: str, taken: str | None) -> None:
        loaded = load(self._walker, name)
        if isinstance(loaded, types.ModuleType):
            self._from_module(use, loaded, taken)
        elif isinstance(loaded, Beyond):
            dotted = ".".join([name, *filter(None, [taken]), *use.attributes])
            self._patched(use, name, taken)
            self._add(external(self._walker, loaded.owner, dotted))
        elif isinstance(loaded, Absent):
            self._add(self._walker.missing(name))
        else:
            self._add(self._walker.bindings.unloadable(loaded))

    def _patched(self, use: Use, name: str, taken: str | None) -> None:
        """Follow what the project put in place of something beyond it, if the module is loaded."""
        patched = self._walker.bindings.patched(name, [*filter(None, [taken]), *use.attributes])
        if patched is not None:
            self._add(patched)

    def _from_module(self, use: Use, module: types.ModuleType, taken: str | None) -> None:
        for effect in self._walker.bindings.effects(module):
            self._add(effect)
        if taken is None or taken == "*":
            self._followed(use, module, (module.__dict__, "__name__"))
            return
        found = self._attribute(module, taken)
        if found is _MISSING:
            self._absent(module, taken)
        else:
            self._followed(use, found, (module.__dict__, taken))

    def _add(self, node: Node) -> None:
        self._node.edges.append(node)


def absolute(namespace: dict[str, object], module: str, level: int) -> str:
    """Return the full name of a module that an import statement names with ``level`` dots."""
    if not level:
        return module
    package = str(namespace.get("__package__") or "")
    base = package.split(".")
    return ".".join([*base[: len(base) - level + 1], *filter(None, [module])])


def refer(walker: Walker, node: Node, chosen: Iterable[Statement], namespace: dict[str, object], name: str) -> None:
    """Add to a node what statements at the top of a module refer to, except for ``name`` and what they bind themselves."""
    resolver = Resolver(walker, namespace)
    own = {bound for statement in chosen if statement.kind == "code" for bound in statement.binds} | {name}
    for statement in chosen:
        for use in [Use(*fields) for fields in statement.form.uses] if statement.kind != "main" else ():
            if use.name not in own:
                resolver.follow(node, use)


def statement_digests(chosen: Iterable[Statement]) -> Iterator[bytes]:
    """Yield the digest of each statement with the names it uses."""
    for statement in chosen:
        yield statement.form.digest + texts(statement.form.names)

"""Find where a name of a module gets its value, and what stands for it."""

from __future__ import annotations

import functools
import os
import sys
import types
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from . import values
from .derivations import Derivations
from .effects import Effects
from .encoding import joined, seal, text
from .externals import distribution, external, is_penstock_type, is_project_function, module_attribute
from .forms import Use
from .loading import Broken
from .nodes import Node
from .resolution import Resolver
from .unloadable import unloadable

if TYPE_CHECKING:
    from .reach import Walker

_KNOWN = (types.FunctionType, type, types.ModuleType)
"""What is the same under any name, wherever it was imported from."""

_SKIPPED_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})
_MOST_FILES = 20_000
"""A root with more source files is not a project; finding it one says that the root is wrong."""


class Bindings:
    """The nodes of the names in modules: constants, and what modules do besides binding names."""

    def __init__(self, walker: Walker) -> None:
        self._walker = walker
        self._constants: dict[tuple[int, str], Node] = {}
        self._files: dict[str, Node] = {}
        self._effects = Effects(walker)
        self.derivations = Derivations(walker)
        self.distributions: dict[str, Node] = {}

    def reference(self, namespace: dict[str, object], name: str, value: object) -> Node:
        """Return the node of a name's value: the object itself if it knows what it is called, else a constant."""
        if isinstance(value, _KNOWN):
            return self._walker.node(value)
        if isinstance(value, types.BuiltinFunctionType) or is_penstock_type(type(value)):
            return self._foreign(namespace, name, value) or self._walker.node(value)
        namespace, name = self._origin(namespace, name, value)
        key = (id(namespace), name)
        if key not in self._constants:
            self._constants[key] = self._foreign(namespace, name, value) or self._constant(namespace, name, value)
        return self._constants[key]

    def _constant(self, namespace: dict[str, object], name: str, value: object) -> Node:
        plain = values.plain(self._walker, value)
        node = Node(
            "constant", f"{module_label(namespace)}.{name}", seal("constant", plain or b""), text=values.summary(value)
        )
        file = namespace.get("__file__")
        node.file = self._walker.ownership.relative(file) if isinstance(file, str) else ""
        node.line = self.derivations.line(namespace, name)
        if plain is None and self.derivations.is_unseeded(namespace, name, value):
            self.derivations.explain(node, namespace, name)
        elif plain is None:
            node.edges = [self._walker.node(value)]
            node.notes = functools.partial(values.parts, value)
            self.derivations.watch(node, namespace, name)
        return node

    def _origin(self, namespace: dict[str, object], name: str, value: object) -> tuple[dict[str, object], str]:
        """Follow imports of a name between modules of the project to the one that binds it."""
        for _ in range(50):
            module, taken = self.derivations.imported_from(namespace, name)
            if module is None or taken is None or module.__dict__.get(taken, self) is not value:
                break
            if self._walker.ownership.of_module(module).kind != "project":
                break
            namespace, name = module.__dict__, taken
        return namespace, name

    def _foreign(self, namespace: dict[str, object], name: str, value: object) -> Node | None:
        """Return the node of a value that was imported from beyond the project under this name, and is still what is there."""
        module, taken = self.derivations.imported_from(namespace, name)
        if module is None or taken is None or self._walker.ownership.of_module(module).kind == "project":
            return None
        found = module.__dict__.get(taken, self)
        return module_attribute(self._walker, module, (taken,), value) if found is value else None

    # -- what modules and distributions are -----------------------------------------------------------------------

    def effects(self, module: types.ModuleType | None) -> Sequence[Node]:
        """Return the nodes of what a module, and those it imports, did to the world beyond the project."""
        return self._effects.of_module(module) if module is not None else ()

    def distribution_named(self, name: str) -> Node:
        """Return the node of an installed distribution, or that it is missing."""
        found = self._walker.ownership.distributions.by_name(name)
        return distribution(self._walker, found) if found is not None else self._walker.missing(f"distribution {name}")

    def patched(self, name: str, attributes: list[str]) -> Node | None:
        """Return what the project put at ``name.attributes``, in a loaded module beyond it; None if nothing."""
        value: object = sys.modules.get(name)
        for attribute in attributes:
            if not isinstance(value, types.ModuleType):
                return None
            value = value.__dict__.get(attribute)
        ours = isinstance(value, types.FunctionType) and is_project_function(self._walker, value)
        return self._walker.node(value) if ours else None

    def follow_import(self, node: Node, use: Use) -> None:
        """Add to a node what an import reaches."""
        Resolver(self._walker, {}).follow(node, use)

    def unloadable(self, broken: Broken) -> Node:
        """Return the node of a project module that cannot be imported: its source, and that of all it imports."""
        return unloadable(self._walker, broken.name, broken.file)

    # -- all there is ---------------------------------------------------------------------------------------------

    def files(self, folder: str) -> Node:
        """Return the node of all Python sources under a folder, in normal form."""
        if folder not in self._files:
            self._files[folder] = self._read_files(folder)
        return self._files[folder]

    def _read_files(self, folder: str) -> Node:
        node = Node("files", f"all sources under {os.path.basename(folder)}", text="every Python file of the project")
        parts: list[bytes] = []
        for count, file in enumerate(sorted(_python_files(folder))):
            if count > _MOST_FILES:
                node.problem = f"{folder} holds more than {_MOST_FILES} Python files; give the project's root"
                break
            table = self._walker.sources.table(file)
            parts.extend(
                (text(os.path.relpath(file, folder).replace(os.sep, "/")), table.module if table else _raw(file))
            )
        node.content = seal("files", joined(parts))
        return node

    def loaded(self) -> list[Node]:
        """Return the nodes of all loaded modules of the project, by name, each with all its members."""
        return [self._walker.node(module) for module in self._project_modules()]

    def classes(self) -> list[Node]:
        """Return the nodes of all classes in loaded modules of the project."""
        found = {
            (kind.__module__, kind.__qualname__): kind
            for module in self._project_modules()
            for kind in list(module.__dict__.values())
            if isinstance(kind, type) and kind.__module__ == module.__name__
        }
        return [self._walker.node(found[key]) for key in sorted(found)]

    def _project_modules(self) -> Iterable[types.ModuleType]:
        loaded: list[tuple[str, object]] = sorted(sys.modules.items())  # code may put anything there
        every = [(name, module) for name, module in loaded if isinstance(module, types.ModuleType)]
        for name, module in every:
            if name == "__mp_main__" or not module.__dict__.get("__file__"):
                continue
            if self._walker.ownership.of_module(module).kind == "project":
                yield module

    def installed(self) -> Node:
        """Return the node of everything that is installed."""
        every = self._walker.ownership.distributions.every()
        content = seal("installed", *(text(f"{found.name} {found.version}") for found in every))
        return self._walker.leaf(
            "distribution", "all installed distributions", content, version=f"{len(every)} of them"
        )

    def absent(self, name: str) -> Node:
        """Return the node of a declared module that cannot be found."""
        return external(self._walker, self._walker.owner_of_module_name(name), name)


def module_label(namespace: dict[str, object]) -> str:
    """Return a module's name as people know it, also when it runs as a script."""
    name = str(namespace.get("__name__", ""))
    file = namespace.get("__file__")
    return os.path.splitext(os.path.basename(file))[0] if name == "__main__" and isinstance(file, str) else name


def _python_files(folder: str) -> Iterable[str]:
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if _is_source_folder(place, name))
        yield from (os.path.join(place, name) for name in names if name.endswith(".py"))


def _is_source_folder(place: str, name: str) -> bool:
    hidden = name.startswith(".") or name in _SKIPPED_FOLDERS or name.endswith(".egg-info")
    return not hidden and not os.path.exists(os.path.join(place, name, "pyvenv.cfg"))


def _raw(file: str) -> bytes:
    try:
        with open(file, "rb") as opened:
            return seal("raw", opened.read())
    except OSError:
        return b"unreadable"

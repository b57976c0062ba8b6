"""Follow names through the source of a script and of the project's modules that it imports, without running any of it.

Of each file count the statements that run when it is imported, and those functions and classes that a statement that counts,
or a file that imports it, names. That may be more than what is ever called, never less.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator, Mapping
from importlib.machinery import ModuleSpec, PathFinder
from typing import TYPE_CHECKING, Final

from attrs import define, field, frozen

from .encoding import seal, texts
from .externals import external
from .loading import find, owner_of_spec
from .nodes import Node
from .sources import source_bytes
from .tables import Statement, Table
from .uses import chain

if TYPE_CHECKING:
    from .reach import Walker

EVERYTHING: Final = "*"
"""Stands for all names of a module: it was imported as such, or with a star."""

_COMPUTING = frozenset(
    {"eval", "exec", "__import__", "import_module", "run_path", "run_module", "globals", "spec_from_file_location"}
)
"""What may lead anywhere when it is called with something that is not written out."""


@frozen(eq=False, repr=False)
class Part:
    """A statement that counts: its identity, and its text for people."""

    digest: bytes
    shown: str


@define(eq=False, repr=False)
class _File:
    """A source file while it is followed: the package that relative imports start from, and the names that are wanted."""

    name: str
    path: str
    package: str
    table: Table
    trees: Mapping[int, list[ast.stmt]]
    wanted: set[str] = field(factory=set)

    def counting(self) -> list[Statement]:
        """Return the statements that count: all but quiet definitions that nothing names."""
        if EVERYTHING in self.wanted:
            return list(self.table.statements)
        quiet = {id(statement): statement for statement in self.table.statements if self._is_quiet(statement)}
        pending = [statement for statement in self.table.statements if id(statement) not in quiet]
        named = set(self.wanted)
        while True:
            named |= {name for statement in pending for name in (*statement.mentions, *statement.inner)}
            pending = [statement for statement in quiet.values() if named & set(statement.binds)]
            if not pending:
                return [statement for statement in self.table.statements if id(statement) not in quiet]
            for statement in pending:
                del quiet[id(statement)]

    def _is_quiet(self, statement: Statement) -> bool:
        return statement.kind in ("def", "class") and all(map(_does_nothing, self.trees.get(statement.line, ())))


class Script:
    """A script and the project's modules that it reaches. ``entry`` is None where it is no Python that can be read."""

    def __init__(self, walker: Walker, file: str) -> None:
        self._walker = walker
        self._search = os.path.dirname(os.path.realpath(file))
        self._files: dict[str, _File] = {}
        self._opaque: dict[str, str] = {}
        self._externals: dict[str, Node] = {}
        self._computed: dict[str, None] = {}
        self._passed_on: set[str] = set()
        self.entry = self._opened("__main__", file, "")
        if self.entry is not None:
            self._follow()

    def modules(self) -> Iterator[tuple[str, str]]:
        """Yield name and file of each module of the project that is reached, by name."""
        known = {file.name: path for path, file in self._files.items() if file is not self.entry} | self._opaque
        yield from sorted(known.items())

    def externals(self) -> list[Node]:
        """Return the nodes of what is reached beyond the project, by name."""
        return [self._externals[key] for key in sorted(self._externals)]

    def computed(self) -> list[str]:
        """Return the calls that may lead to any file, in words that follow the script's name."""
        return list(self._computed)

    def parts(self, path: str) -> list[Part] | None:
        """Return the statements of a file that count; None for one that is no Python source."""
        file = self._files.get(path)
        return None if file is None else [self._part(file, statement) for statement in file.counting()]

    def _part(self, file: _File, statement: Statement) -> Part:
        fields = [text for name in statement.binds for text in _class_fields(file.table, name)]
        trees = file.trees.get(statement.line, ())
        annotations = [text for tree in trees if self._shows_annotations(tree) for text in _annotations(tree)]
        form = statement.form
        shown = statement.text or "\n".join(_shown(tree) for tree in trees)
        return Part(seal("statement", form.digest, texts(form.names), texts(fields), texts(annotations)), shown)

    def _shows_annotations(self, tree: ast.stmt) -> bool:
        """Say whether somebody may read the annotations of a definition: it is decorated, or passed on rather than called."""
        return _is_decorated(tree) or getattr(tree, "name", "") in self._passed_on

    def _follow(self) -> None:
        """Read files until no name is wanted that was not followed."""
        done: dict[str, int] = {}
        while True:
            changed = [path for path, file in self._files.items() if done.get(path) != len(file.wanted)]
            if not changed:
                return
            for path in changed:
                file = self._files[path]
                done[path] = len(file.wanted)
                self._read(file)

    def _read(self, file: _File) -> None:
        lines = {statement.line for statement in file.counting()}
        nodes = [node for line in lines for tree in file.trees.get(line, ()) for node in ast.walk(tree)]
        called = {id(node.func) for node in nodes if isinstance(node, ast.Call)}
        self._passed_on |= {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in called}
        for node in nodes:
            for name, wanted in _imported(node, file.package):
                self._want(name, wanted)
            if isinstance(node, ast.Call):
                self._call(file, node)

    def _call(self, file: _File, node: ast.Call) -> None:
        found = chain(node.func)
        name = (found[0].id, *found[1])[-1] if found else ""
        if name not in _COMPUTING:
            return
        written = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else None
        if isinstance(written, str) and name in ("__import__", "import_module"):
            self._want(written, EVERYTHING)
            return
        self._computed[f"calls {name} in {os.path.basename(file.path)}"] = None

    def _want(self, name: str, wanted: str) -> None:
        """Note that a name of a module, all of them, or just its import (an empty name) is wanted; of packages, their own code."""
        parts = name.split(".")
        for count in range(1, len(parts)):
            self._module(".".join(parts[:count]))
        file = self._module(name)
        if file is not None and wanted:
            file.wanted.add(wanted)

    def _module(self, name: str) -> _File | None:
        """Return a module of the project, opened at the first call; what is beyond the project is only noted."""
        top = name.partition(".")[0]
        if top in self._externals or name in self._opaque or not name:
            return None
        known = next((file for file in self._files.values() if file.name == name), None)
        spec = self._locate(name) if known is None else None
        if spec is None:
            if known is None and name == top:
                self._externals[top] = self._walker.missing(name)
            return known
        owner = owner_of_spec(self._walker, spec)
        if owner.kind != "project":
            self._externals[top] = external(self._walker, owner, top)
            return None
        return self._open_module(name, spec)

    def _open_module(self, name: str, spec: ModuleSpec) -> _File | None:
        path = spec.origin if spec.has_location and spec.origin else ""  # a namespace package has no file
        package = name if spec.submodule_search_locations is not None else name.rpartition(".")[0]
        opened = self._opened(name, path, package) if path else None
        if opened is None and path:
            self._opaque[name] = path
        return opened

    def _opened(self, name: str, path: str, package: str) -> _File | None:
        table, source = self._walker.sources.table(path), source_bytes(path)
        if table is None or source is None:
            return None
        trees: dict[int, list[ast.stmt]] = {}
        for tree in ast.parse(source).body:
            trees.setdefault(tree.lineno, []).append(tree)
        file = self._files[path] = _File(name, path, package, table, trees)
        return file

    def _locate(self, name: str) -> ModuleSpec | None:
        """Find a module as the script's own process will: beside the script first. Nothing is imported."""
        parent, _, _ = name.rpartition(".")
        if not parent:
            return PathFinder.find_spec(name, [self._search]) or find(name)
        above = self._locate(parent)
        if above is None or above.submodule_search_locations is None:
            return None
        return PathFinder.find_spec(name, list(above.submodule_search_locations))


def _does_nothing(tree: ast.stmt) -> bool:
    """Say whether a definition only binds its name when it is executed: no decorator, base, metaclass or computed default."""
    if isinstance(tree, ast.ClassDef):
        loud = (*tree.bases, *tree.keywords, *tree.decorator_list)
        return not loud and not any(isinstance(node, ast.Call) for node in _at_once(tree.body))
    if not isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    defaults = [*tree.args.defaults, *filter(None, tree.args.kw_defaults)]
    return not tree.decorator_list and not any(isinstance(node, ast.Call) for node in _at_once(defaults))


def _at_once(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Yield what runs when a definition does: not the bodies of functions inside it."""
    for node in nodes:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _at_once(ast.iter_child_nodes(node))


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Yield the modules that an import statement loads, each with the name that it takes from them."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, EVERYTHING) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*filter(None, above), *filter(None, [node.module])])
        for alias in node.names:
            yield base, alias.name
            if alias.name != EVERYTHING:
                yield f"{base}.{alias.name}".lstrip("."), EVERYTHING  # it may be a submodule


def _is_decorated(tree: ast.stmt) -> bool:
    return isinstance(tree, ast.ClassDef) or bool(getattr(tree, "decorator_list", ()))


def _annotations(tree: ast.stmt) -> list[str]:
    found = [getattr(node, "annotation", None) or getattr(node, "returns", None) for node in ast.walk(tree)]
    return [ast.unparse(annotation) for annotation in found if isinstance(annotation, ast.AST)]


def _class_fields(table: Table, name: str) -> list[str]:
    """Return the annotated fields of the classes in a definition: they make what a data class is."""
    return [
        text
        for heading, fields in table.fields_of(name)
        for text in (heading, *(f"{key}: {kind}" for key, kind in fields))
    ]


def _shown(tree: ast.stmt) -> str:
    try:
        return ast.unparse(tree)
    except (ValueError, RecursionError):
        return ast.dump(tree)

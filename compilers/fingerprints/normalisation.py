"""Write the syntax tree of a function in a form that only its behaviour can change."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .encoding import joined, scalar, seal, text
from .forms import WATCHED_ATTRIBUTES, ImportOrigin, NormalForm, Use
from .scopes import Scope, Scopes, import_binding, is_bare_annotation, scope_of
from .trees import descendants, shape
from .uses import chain, describe, describe_call, literal_getattr, mentions_locals, names_called_only

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def normal_function(
    node: FunctionNode, enclosing: Sequence[Scope] = (), class_names: Sequence[str] = (), scopes: Scopes | None = None
) -> NormalForm:
    """Return the normal form of a stripped function, without its name, its decorators and its defaults.

    ``enclosing`` are the scopes around it, outermost first; ``class_names`` the classes, by which private names are mangled.
    """
    writer = _Writer(node, enclosing, class_names, scopes)
    writer.definition(node)
    return writer.finished()


def normal_statements(nodes: Iterable[ast.stmt], known: Mapping[int, NormalForm] | None = None) -> NormalForm:
    """Return the normal form of stripped statements at the top of a module, whose names are all global.

    ``known`` are the forms of functions by the identity of their nodes, which then need not be written again.
    """
    module = ast.Module(body=list(nodes), type_ignores=[])
    writer = _Writer(module, (), (), None, known or {})
    writer.write(module.body)
    return writer.finished()


class _Writer:
    """Write one definition as tokens; the table after it says which method treats which syntax."""

    def __init__(
        self,
        root: ast.AST,
        enclosing: Sequence[Scope],
        class_names: Sequence[str],
        scopes: Scopes | None = None,
        known: Mapping[int, NormalForm] | None = None,
    ) -> None:
        nodes = () if known is not None else descendants(root)  # names at the top of a module are seen by all
        self._out: list[bytes] = []
        self._scopes = list(enclosing)
        self._inherited = len(enclosing)
        self._classes = list(class_names)
        self._collected: Scopes = scopes if scopes is not None else {}
        self._known = known or {}
        self._called_only = names_called_only(nodes)
        self._keeps_locals = known is not None or mentions_locals(nodes)
        self._resolved: dict[str, tuple[str, Scope | None]] = {}  # in the scopes where the writer is
        self._numbers: dict[tuple[int, str], int] = {}
        self._kept: list[Scope] = []  # scopes are numbered by identity, which only holds while they live
        self._names: dict[str, int] = {}
        self._free: dict[str, int] = {}
        self._stored: dict[str, None] = {}
        self._uses: dict[Use, None] = {}
        self._watched: set[str] = set()

    def finished(self) -> NormalForm:
        digest = seal("normal", joined(self._out))
        watched = tuple(sorted(self._watched))
        return NormalForm(
            digest, tuple(self._names), tuple(self._stored), tuple(self._free), tuple(self._uses), watched
        )

    # -- anything -------------------------------------------------------------------------------------------------

    def write(self, value: Any) -> None:
        kind: Any = type(value)
        writer = _WRITERS.get(kind)
        if writer is not None:
            writer(self, value)
        elif kind is list:
            self._list(value)
        elif isinstance(value, ast.AST):
            self._node(value)
        else:
            self._out.append(scalar(value) or text(repr(value)))

    def _list(self, values: Iterable[object]) -> None:
        self._out.append(b"[")
        for value in values:
            self.write(value)
        self._out.append(b"]")

    def _node(self, node: ast.AST) -> None:
        head, names = shape(type(node))
        self._out.append(head)
        for name in names:
            self.write(getattr(node, name, None))
        self._out.append(b")")

    def _fields(self, node: ast.AST, names: Iterable[str]) -> None:
        self._out.append(b"(" + type(node).__name__.encode())
        for name in names:
            self.write(getattr(node, name, None))
        self._out.append(b")")

    def _constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and node.value in WATCHED_ATTRIBUTES:
            self._watched.add(WATCHED_ATTRIBUTES[node.value])
        self._out.append(b"=" + (scalar(node.value) or text(repr(node.value))))

    def _nothing(self, node: ast.Pass) -> None:
        """Write nothing."""

    # -- names ----------------------------------------------------------------------------------------------------

    def _plain_name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self._record(node.id, (), "load")
        self._token(node.id, stores=not isinstance(node.ctx, ast.Load))

    def _token(self, name: str | None, *, stores: bool = True) -> None:
        if name is None:
            self._out.append(b"~")
            return
        kind, scope = self._resolve(name)
        self._out.append(self._named(kind, scope, self._mangled(name), stores=stores))

    def _named(self, kind: str, scope: Scope | None, name: str, *, stores: bool) -> bytes:
        if kind in {"parameter", "class"} or (kind == "local" and self._keeps_locals):
            return kind[:1].encode() + text(name)
        if kind == "local":
            return b"L%d" % self._numbers.setdefault((id(scope), name), len(self._numbers))
        if kind == "free":
            return b"F%d" % self._free.setdefault(name, len(self._free))
        if stores:
            self._stored[name] = None
        return b"G%d" % self._names.setdefault(name, len(self._names))

    def _resolve(self, name: str) -> tuple[str, Scope | None]:
        """Say what kind of name this is here, and the scope it belongs to."""
        found = self._resolved.get(name)
        if found is None:
            found = self._resolved[name] = self._sought(name)
        return found

    def _sought(self, name: str) -> tuple[str, Scope | None]:
        for index in range(len(self._scopes) - 1, -1, -1):
            scope = self._scopes[index]
            if scope.kind == "class" and index < len(self._scopes) - 1:
                continue
            if name in scope.module:
                break
            if scope.owns(name) and name not in scope.outer:
                return self._kind(scope, name, inherited=index < self._inherited), scope
        return "global", None

    @staticmethod
    def _kind(scope: Scope, name: str, *, inherited: bool) -> str:
        if inherited:
            return "free"
        if scope.kind == "class":
            return "class"
        return "parameter" if name in scope.parameters else "local"

    def _mangled(self, name: str) -> str:
        if not self._classes or not name.startswith("__") or name.endswith("__") or "." in name:
            return name
        return f"_{self._classes[-1].lstrip('_')}{name}"

    # -- uses -----------------------------------------------------------------------------------------------------

    def _record(
        self, name: str, attributes: tuple[str, ...], how: str, detail: tuple[tuple[str, ...], ...] = ()
    ) -> None:
        kind, scope = self._resolve(name)
        self._watch(attributes)
        origins = scope.origins(name) if scope is not None else ()
        if origins and scope is not None and name in scope.rebound:
            attributes, how, detail = (), "load", ()
        name = self._mangled(name)
        if origins and kind != "free":
            self._add(Use("import", "", origins, attributes, how, detail))
        elif kind == "free":
            self._free.setdefault(name, len(self._free))
            self._add(Use("free", name, (), attributes, how, detail))
        elif kind in {"global", "class"}:
            self._names.setdefault(name, len(self._names))
            self._add(Use("global", name, (), attributes, how, detail))

    def _add(self, use: Use) -> None:
        self._uses[use] = None

    def _watch(self, attributes: Iterable[str]) -> None:
        self._watched.update(WATCHED_ATTRIBUTES[name] for name in attributes if name in WATCHED_ATTRIBUTES)

    def _attribute_of(self, node: ast.Attribute) -> None:
        found = chain(node)
        if found is None or not isinstance(node.ctx, ast.Load):
            self._watch([node.attr])
            self._node(node)
            return
        self._record(found[0].id, found[1], "load")
        self._chain(node)

    def _chain(self, node: ast.expr) -> None:
        """Write ``a.b.c``, of which the use is recorded already."""
        if isinstance(node, ast.Attribute):
            self._out.append(b"(Attribute")
            self._chain(node.value)
            self._out.extend((b"s" + text(node.attr), b")"))
        elif isinstance(node, ast.Name):
            self._token(node.id, stores=False)

    def _call(self, node: ast.Call) -> None:
        found = chain(node.func)
        self._out.append(b"(Call")
        if found is None:
            self.write(node.func)
        else:
            self._record(found[0].id, found[1], "call", describe_call(node))
            self._chain(node.func)
        self._arguments_of_call(node)
        self._list(node.keywords)
        self._out.append(b")")

    def _arguments_of_call(self, node: ast.Call) -> None:
        """Write the arguments; ``getattr(a.b, "c")`` uses ``a.b.c``."""
        taken = literal_getattr(node)
        if taken is None:
            self._list(node.args)
            return
        root, attributes = taken
        self._record(root.id, attributes, "getattr")
        self._out.append(b"[")
        self._chain(node.args[0])
        for argument in node.args[1:]:
            self.write(argument)
        self._out.append(b"]")

    def _subscript(self, node: ast.Subscript) -> None:
        found = chain(node.value)
        if found is None:
            self._node(node)
            return
        self._record(found[0].id, found[1], "sub", (describe(node.slice),))
        self._out.append(b"(Subscript")
        self._chain(node.value)
        self.write(node.slice)
        self._out.append(b")")

    # -- definitions inside ---------------------------------------------------------------------------------------

    def definition(self, node: FunctionNode) -> None:
        """Write the function itself, as opposed to one inside it."""
        self._out.append(type(node).__name__.encode())
        self._parameters(node.args, defaults=False)
        self._body(node)

    def _body(self, node: FunctionNode) -> None:
        self._enter(node)
        self.write(node.body)
        self._leave()

    def _enter(self, node: ast.AST) -> None:
        scope = scope_of(node, self._collected)
        self._scopes.append(scope)
        self._kept.append(scope)
        self._resolved = {}

    def _leave(self) -> None:
        self._scopes.pop()
        self._resolved = {}

    def _parameters(self, arguments: ast.arguments, *, defaults: bool) -> None:
        groups = (arguments.posonlyargs, arguments.args, [arguments.vararg], arguments.kwonlyargs, [arguments.kwarg])
        for group in groups:
            self._list((argument.arg if argument else None) for argument in group)
            self._list(argument.annotation for argument in group if argument and argument.annotation)
        if defaults:
            self.write(arguments.defaults)
            self.write(arguments.kw_defaults)

    def _function_definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._out.append(b"(" + type(node).__name__.encode())
        self.write(node.decorator_list)
        self._token(node.name)
        self.write(None if node.name in self._called_only else node.name)
        self._parameters(node.args, defaults=True)
        self.write(node.returns)
        form = self._known.get(id(node))
        if form is None or any(scope.kind != "class" for scope in self._scopes):
            self._body(node)
        else:
            self._include(form)
        self._out.append(b")")

    def _include(self, form: NormalForm) -> None:
        """Write the body of a function at the top of a module or class by its own form."""
        self._out.append(b"body " + form.digest)
        for name in form.names:
            self._out.append(b"G%d" % self._names.setdefault(name, len(self._names)))
        self._stored.update(dict.fromkeys(form.stored))
        self._uses.update(dict.fromkeys(form.uses))
        self._watched.update(form.watched)

    def _anonymous(self, node: ast.Lambda) -> None:
        self._out.append(b"(Lambda")
        self._parameters(node.args, defaults=True)
        self._body(node)
        self._out.append(b")")

    def _class_definition(self, node: ast.ClassDef) -> None:
        self._fields(node, ["decorator_list", "name", "bases", "keywords"])
        self._token(node.name)
        self._enter(node)
        self._classes.append(node.name)
        self.write(node.body)
        self._classes.pop()
        self._leave()

    def _comprehension(self, node: Any) -> None:
        self._out.append(b"(" + type(node).__name__.encode())
        self.write(node.generators[0].iter)
        self._enter(node)
        for index, generator in enumerate(node.generators):
            self.write([generator.target, None if index == 0 else generator.iter, generator.ifs, generator.is_async])
        self._list(getattr(node, name) for name in ("key", "value", "elt") if hasattr(node, name))
        self._leave()
        self._out.append(b")")

    # -- other statements that bind -------------------------------------------------------------------------------

    def _annotation_only(self, node: ast.AnnAssign) -> None:
        scope = self._scopes[-1] if self._scopes else Scope("module")
        redundant = isinstance(node.target, ast.Name) and (
            node.target.id in scope.rebound or node.target.id in scope.parameters
        )
        if not (is_bare_annotation(node) and redundant and scope.kind == "function"):
            self._node(node)

    def _import_statement(self, node: ast.Import | ast.ImportFrom) -> None:
        self._out.append(b"(" + type(node).__name__.encode())
        for alias in node.names:
            name, origin = import_binding(node, alias)
            whole: ImportOrigin = origin if origin[2] is not None else (alias.name, 0, None)
            self._list([whole[0], whole[1], whole[2]])
            if name != "*":
                self._token(name)
            self._add(Use("import", "", (whole,), (), "import"))
        self._out.append(b")")

    def _handler(self, node: ast.ExceptHandler) -> None:
        self._fields(node, ["type"])
        self._token(node.name)
        self.write(node.body)

    def _capture(self, node: ast.MatchAs | ast.MatchStar) -> None:
        self._fields(node, ["pattern"])
        self._token(node.name)

    def _rest(self, node: ast.MatchMapping) -> None:
        self._fields(node, ["keys", "patterns"])
        self._token(node.rest)


_WRITERS: Mapping[type[ast.AST], Callable[[_Writer, Any], None]] = {
    ast.Constant: _Writer._constant,
    ast.Pass: _Writer._nothing,
    ast.Global: _Writer._nothing,  # resolved into the tokens of the names
    ast.Nonlocal: _Writer._nothing,  # as above
    ast.Name: _Writer._plain_name,
    ast.Attribute: _Writer._attribute_of,
    ast.Call: _Writer._call,
    ast.Subscript: _Writer._subscript,
    ast.FunctionDef: _Writer._function_definition,
    ast.AsyncFunctionDef: _Writer._function_definition,
    ast.Lambda: _Writer._anonymous,
    ast.ClassDef: _Writer._class_definition,
    ast.ListComp: _Writer._comprehension,
    ast.SetComp: _Writer._comprehension,
    ast.DictComp: _Writer._comprehension,
    ast.GeneratorExp: _Writer._comprehension,
    ast.AnnAssign: _Writer._annotation_only,
    ast.Import: _Writer._import_statement,
    ast.ImportFrom: _Writer._import_statement,
    ast.ExceptHandler: _Writer._handler,
    ast.MatchAs: _Writer._capture,
    ast.MatchStar: _Writer._capture,
    ast.MatchMapping: _Writer._rest,
}
"""Syntax that names something; all else is written field by field."""

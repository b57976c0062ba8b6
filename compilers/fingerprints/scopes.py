"""Find out which scope each name of a function belongs to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import define, field

from .forms import ImportOrigin as ImportOrigin  # part of what a scope holds
from .trees import children, descendants, fields

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@define(eq=False, repr=False)
class Scope:
    """The names of one function, class, lambda or comprehension."""

    kind: str
    parameters: frozenset[str] = frozenset()
    bound: set[str] = field(factory=set)
    rebound: set[str] = field(factory=set)
    """Names bound by more than an import or a bare annotation."""
    imports: dict[str, list[ImportOrigin]] = field(factory=dict)
    outer: set[str] = field(factory=set)
    """Names declared ``nonlocal``."""
    module: set[str] = field(factory=set)
    """Names declared ``global``."""

    def owns(self, name: str) -> bool:
        """Tell whether a name belongs to this scope."""
        return name in self.bound or name in self.parameters

    def origins(self, name: str) -> tuple[ImportOrigin, ...]:
        """Return the imports that bind a name here."""
        return tuple(self.imports.get(name, ()))


Scopes = dict[int, Scope]
"""Scopes by the identity of their nodes, so that each is collected once for a tree."""


def scope_of(node: ast.AST, known: Scopes) -> Scope:
    """Return the scope inside a function, class or comprehension."""
    scope = known.get(id(node))
    if scope is None:
        scope = known[id(node)] = _collected(node)
    return scope


def _collected(node: ast.AST) -> Scope:
    if isinstance(node, ast.ClassDef):
        return class_scope(node)
    return comprehension_scope(node) if isinstance(node, _COMPREHENSIONS) else function_scope(node)  # type: ignore[arg-type]


def function_scope(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> Scope:
    """Return the scope inside a function."""
    body = node.body if isinstance(node.body, list) else [node.body]
    scope = Scope("function", frozenset(parameter_names(node.args)))
    _collect(scope, body)
    return scope


def class_scope(node: ast.ClassDef) -> Scope:
    """Return the scope inside a class, which the functions in it do not see."""
    scope = Scope("class")
    _collect(scope, node.body)
    return scope


def comprehension_scope(node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> Scope:
    """Return the scope inside a comprehension: its targets only, since ``:=`` binds outside it."""
    scope = Scope("comprehension")
    for generator in node.generators:
        scope.bound.update(item.id for item in descendants(generator.target) if isinstance(item, ast.Name))
    return scope


def module_names(body: Iterable[ast.stmt]) -> Scope:
    """Return what statements at the top of a module bind."""
    scope = Scope("module")
    _collect(scope, body)
    return scope


def parameter_names(arguments: ast.arguments) -> Iterator[str]:
    """Yield the parameters in the order in which they are written."""
    for argument in (*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs, arguments.kwarg):
        if argument is not None:
            yield argument.arg


def _collect(scope: Scope, body: Iterable[ast.AST]) -> None:
    pending = list(body)
    while pending:
        node = pending.pop()
        kind = type(node)
        bind = _BINDERS.get(kind)
        if bind is not None:
            bind(scope, node)
        if fields(kind) and not (kind is ast.AnnAssign and is_bare_annotation(node)):
            pending += (_IN_SAME_SCOPE.get(kind) or children)(node)
    scope.bound |= scope.rebound
    scope.bound -= scope.module | scope.outer


def _bind_name(scope: Scope, node: ast.Name) -> None:
    if type(node.ctx) is not ast.Load:
        scope.rebound.add(node.id)


def _bind_definition(scope: Scope, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
    scope.rebound.add(node.name)


def _bind_global(scope: Scope, node: ast.Global) -> None:
    scope.module.update(node.names)


def _bind_nonlocal(scope: Scope, node: ast.Nonlocal) -> None:
    scope.outer.update(node.names)


def _bind_optional(scope: Scope, node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> None:
    if node.name:
        scope.rebound.add(node.name)


def _bind_rest(scope: Scope, node: ast.MatchMapping) -> None:
    if node.rest:
        scope.rebound.add(node.rest)


def _bind_walrus(scope: Scope, node: ast.AST) -> None:
    scope.rebound.update(_walrus_targets(node))


def _bind_annotated(scope: Scope, node: ast.AnnAssign) -> None:
    if is_bare_annotation(node):
        scope.bound.add(node.target.id)  # type: ignore[union-attr]  # its target is a name


def is_bare_annotation(node: ast.AST) -> bool:
    """Tell whether a node is ``x: T`` without a value, of which stripping keeps that ``x`` is local."""
    return isinstance(node, ast.AnnAssign) and node.value is None and isinstance(node.target, ast.Name)


def _bind_imports(scope: Scope, node: ast.Import | ast.ImportFrom) -> None:
    for alias in node.names:
        name, origin = import_binding(node, alias)
        scope.bound.add(name)
        scope.imports.setdefault(name, []).append(origin)


def import_binding(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> tuple[str, ImportOrigin]:
    """Return the name that one part of an import statement binds, and what to."""
    if isinstance(node, ast.ImportFrom):
        return alias.asname or alias.name, (node.module or "", node.level, alias.name)
    if alias.asname:
        return alias.asname, (alias.name, 0, None)
    top = alias.name.partition(".")[0]
    return top, (top, 0, None)


def _of_function(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """Return what is evaluated in the scope that a definition stands in, as the functions below do for other nodes."""
    return [*node.decorator_list, *_defaults(node.args)]


def _of_class(node: ast.ClassDef) -> list[ast.AST]:
    return [*node.decorator_list, *node.bases, *node.keywords]


def _of_lambda(node: ast.Lambda) -> list[ast.expr]:
    return _defaults(node.args)


def _of_comprehension(node: Any) -> list[ast.AST]:
    return [node.generators[0].iter]


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]


def _walrus_targets(node: ast.AST) -> Iterator[str]:
    """Yield the names that ``:=`` inside a comprehension binds around it."""
    for child in children(node):
        if isinstance(child, ast.NamedExpr):
            yield child.target.id
        if not isinstance(child, ast.Lambda):
            yield from _walrus_targets(child)


_BINDERS: Mapping[type[ast.AST], Callable[[Scope, Any], None]] = {
    ast.Name: _bind_name,
    ast.FunctionDef: _bind_definition,
    ast.AsyncFunctionDef: _bind_definition,
    ast.ClassDef: _bind_definition,
    ast.Import: _bind_imports,
    ast.ImportFrom: _bind_imports,
    ast.Global: _bind_global,
    ast.Nonlocal: _bind_nonlocal,
    ast.ExceptHandler: _bind_optional,
    ast.MatchAs: _bind_optional,
    ast.MatchStar: _bind_optional,
    ast.MatchMapping: _bind_rest,
    ast.AnnAssign: _bind_annotated,
    **dict.fromkeys(_COMPREHENSIONS, _bind_walrus),
}
"""What binds names, and how."""

_IN_SAME_SCOPE: Mapping[type[ast.AST], Callable[[Any], Iterable[ast.AST]]] = {
    ast.FunctionDef: _of_function,
    ast.AsyncFunctionDef: _of_function,
    ast.ClassDef: _of_class,
    ast.Lambda: _of_lambda,
    **dict.fromkeys(_COMPREHENSIONS, _of_comprehension),
}
"""What opens a scope of its own, and which parts of it are evaluated outside."""

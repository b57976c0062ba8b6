"""Find out which scope each name of a function belongs to."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from attrs import define, field

from .forms import ImportOrigin as ImportOrigin  # part of what a scope holds
from .trees import children, descendants

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@define
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
        _bind(scope, node)
        pending.extend(() if is_bare_annotation(node) else _same_scope(node))
    scope.bound |= scope.rebound
    scope.bound -= scope.module | scope.outer


def _bind(scope: Scope, node: ast.AST) -> None:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        scope.rebound.add(node.id)
    elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        scope.rebound.add(node.name)
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        _bind_imports(scope, node)
    elif isinstance(node, ast.Global):
        scope.module.update(node.names)
    elif isinstance(node, ast.Nonlocal):
        scope.outer.update(node.names)
    else:
        _bind_pattern(scope, node)


def _bind_pattern(scope: Scope, node: ast.AST) -> None:
    if isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
        scope.rebound.add(node.name)
    elif isinstance(node, ast.MatchMapping) and node.rest:
        scope.rebound.add(node.rest)
    elif isinstance(node, _COMPREHENSIONS):
        scope.rebound.update(_walrus_targets(node))
    elif is_bare_annotation(node):
        scope.bound.add(node.target.id)  # type: ignore[attr-defined]  # its target is a name


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


def _same_scope(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children of a node that are evaluated in the scope that the node stands in."""
    if isinstance(node, _FUNCTIONS):
        yield from (*node.decorator_list, *_defaults(node.args))
    elif isinstance(node, ast.ClassDef):
        yield from (*node.decorator_list, *node.bases, *node.keywords)
    elif isinstance(node, ast.Lambda):
        yield from _defaults(node.args)
    elif isinstance(node, _COMPREHENSIONS):
        yield node.generators[0].iter
    else:
        yield from children(node)


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [*arguments.defaults, *(default for default in arguments.kw_defaults if default is not None)]


def _walrus_targets(node: ast.AST) -> Iterator[str]:
    """Yield the names that ``:=`` inside a comprehension binds around it."""
    for child in children(node):
        if isinstance(child, ast.NamedExpr):
            yield child.target.id
        if not isinstance(child, ast.Lambda):
            yield from _walrus_targets(child)

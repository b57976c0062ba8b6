"""Tell, for each name in a function, whose it is: a parameter, a local with what is assigned to it, or from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TypeAlias, final

from attrs import frozen

from ..fingerprints.scopes import ImportOrigin, Scope, Scopes, scope_of
from ..fingerprints.trees import children
from .definitions import FunctionNode

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPED = (*_FUNCTIONS, *_COMPREHENSIONS, ast.ClassDef)

Chain: TypeAlias = tuple[ast.AST, ...]
"""The definitions around a place, the outermost first."""


@frozen(eq=False)
class Parameter:
    """A name that is a parameter of ``owner``; ``annotation`` is as it was written."""

    name: str
    owner: ast.AST
    annotation: ast.expr | None


@frozen(eq=False)
class Local:
    """A name that is bound inside the function: what is assigned to it, and what is imported under it.

    ``items`` are what it takes its values from, one after the other, as the target of a loop does; ``parameter`` is set
    where it is one that is assigned to.
    """

    name: str
    values: tuple[ast.expr, ...]
    items: tuple[ast.expr, ...]
    origins: tuple[ImportOrigin, ...] = ()
    parameter: Parameter | None = None


@frozen
class Outer:
    """A name from outside the function: a closure's cell, a module's global or a builtin."""

    name: str


Binding: TypeAlias = Parameter | Local | Outer


@final
class Scoping:
    """The scopes in the tree of one function."""

    def __init__(self, node: FunctionNode) -> None:
        self._root = node
        self._known: Scopes = {}
        self._chains: dict[int, Chain] = {}
        self._values: dict[tuple[int, str], list[ast.expr]] = {}
        self._items: dict[tuple[int, str], list[ast.expr]] = {}
        self.parents: dict[int, ast.AST] = {}
        self.nodes: list[ast.AST] = []
        """Everything in the function but its decorators, defaults and annotations, in the order of the source."""
        self._enter(node, ())

    # -- what a name is -------------------------------------------------------------------------------------------

    def binding(self, name: ast.Name) -> Binding:
        """Return whose a name is."""
        chain = self._chains.get(id(name), ())
        for owner in reversed(chain):
            scope = scope_of(owner, self._known)
            if name.id in scope.module:
                return Outer(name.id)
            if scope.owns(name.id) and (scope.kind != "class" or owner is chain[-1]):
                return self._own(name.id, owner, scope)
        return Outer(name.id)

    def _own(self, name: str, owner: ast.AST, scope: Scope) -> Binding:
        given = isinstance(owner, _FUNCTIONS) and name in scope.parameters
        parameter = Parameter(name, owner, _annotation(owner.args, name)) if given else None  # type: ignore[attr-defined]
        if parameter is not None and name not in scope.bound:
            return parameter
        key = (id(owner), name)
        items = tuple(self._items.get(key, ()))
        return Local(name, tuple(self._values.get(key, ())), items, scope.origins(name), parameter)

    # -- reading the tree -----------------------------------------------------------------------------------------

    def _enter(self, node: ast.AST, chain: Chain) -> None:
        """Read what stands inside a definition or a comprehension."""
        inside = (*chain, node)
        if isinstance(node, _COMPREHENSIONS):
            self._comprehension(node, inside)
            return
        body = node.body if isinstance(node.body, list) else [node.body]  # type: ignore[attr-defined]  # all others have one
        for child in body:
            self.parents[id(child)] = node
            self._read(child, inside)

    def _comprehension(self, node: ast.AST, inside: Chain) -> None:
        for child in children(node):
            self.parents[id(child)] = node
            self._read(child, inside)

    def _read(self, root: ast.AST, chain: Chain) -> None:
        pending = [root]
        while pending:
            node = pending.pop()
            self.nodes.append(node)
            if isinstance(node, ast.Name):
                self._chains[id(node)] = chain
            self._assign(node, chain)
            if isinstance(node, _SCOPED):
                self._outside(node, chain)
                self._enter(node, chain)
                continue
            for child in reversed(list(_evaluated(node))):
                self.parents[id(child)] = node
                pending.append(child)

    def _outside(self, node: ast.AST, chain: Chain) -> None:
        """Read what is evaluated where a definition stands: decorators, defaults, bases."""
        for child in _before(node):
            self.parents[id(child)] = node
            self._read(child, chain)

    def _assign(self, node: ast.AST, chain: Chain) -> None:
        for target, value in _assignments(node):
            self._note(self._values, target, value, chain)
        for target, value in _iterations(node):
            for name in _names(target):
                self._note(self._items, name, value, chain)

    def _note(
        self, table: dict[tuple[int, str], list[ast.expr]], target: ast.AST, value: ast.expr, chain: Chain
    ) -> None:
        if isinstance(target, ast.Name):
            owner = self._binder(target.id, chain)
            table.setdefault((id(owner), target.id), []).append(value)

    def _binder(self, name: str, chain: Chain) -> ast.AST:
        return next(
            (owner for owner in reversed(chain) if scope_of(owner, self._known).owns(name)),
            chain[-1] if chain else self._root,
        )


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the children that are evaluated: all but annotations."""
    skipped = node.annotation if isinstance(node, ast.AnnAssign) else None
    return (child for child in children(node) if child is not skipped)


def _before(node: ast.AST) -> Iterable[ast.AST]:
    if isinstance(node, ast.ClassDef):
        return (*node.decorator_list, *node.bases, *node.keywords)
    if not isinstance(node, _FUNCTIONS):
        return ()
    defaults = (*node.args.defaults, *(default for default in node.args.kw_defaults if default is not None))
    return defaults if isinstance(node, ast.Lambda) else (*node.decorator_list, *defaults)


def _assignments(node: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _paired(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value is not None:
        yield node.target, node.value
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        yield node.optional_vars, node.context_expr


def _paired(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.AST, ast.expr]]:
    """Yield the parts of ``a, b = x, y`` one by one."""
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List):
        if len(target.elts) == len(value.elts):
            for one, other in zip(target.elts, value.elts, strict=True):
                yield from _paired(one, other)
        return
    yield target, value


def _iterations(node: ast.AST) -> Iterator[tuple[ast.AST, ast.expr]]:
    if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension):
        yield node.target, node.iter


def _names(target: ast.AST) -> Iterator[ast.Name]:
    return (node for node in ast.walk(target) if isinstance(node, ast.Name))


def _annotation(arguments: ast.arguments, name: str) -> ast.expr | None:
    every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
    return next((argument.annotation for argument in every if argument.arg == name), None)

"""Take from a syntax tree what cannot change what it computes."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from .folding import folded
from .trees import descendants, fields

Function = ast.FunctionDef | ast.AsyncFunctionDef

_SILENT_DECORATORS = frozenset(
    {
        "wraps",
        "staticmethod",
        "classmethod",
        "property",
        "setter",
        "cache",
        "lru_cache",
        "cached_property",
        "contextmanager",
    }
)
"""Decorators that never read annotations; any other one of a nested function may (``register`` does)."""

_TYPING_MODULES = frozenset({"typing", "typing_extensions", "collections.abc", "__future__", "types"})


def strip(tree: ast.AST, *, type_checking: bool) -> None:
    """Drop docstrings, annotations, ``pass``, lone constants and type-only imports in place, and fold constants.

    ``type_checking`` says that the module takes ``TYPE_CHECKING`` from :mod:`typing`, so that its branch never runs.
    """
    _Stripper(type_checking=type_checking).rewrite(tree)


def drop_unused_type_imports(functions: Iterable[ast.AST]) -> None:
    """Drop, in place, imports from typing modules inside functions that only annotations needed."""
    for function in functions:
        body = getattr(function, "body", None)
        if isinstance(body, list) and any(_is_type_import(item) for item in body):
            _drop_unused(function)


def _is_type_import(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module in _TYPING_MODULES


def _drop_unused(function: ast.AST) -> None:
    nodes = descendants(function)
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and _is_type_import(node):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in used]
    for node in nodes:
        _drop_empty_imports(node)


def takes_type_checking(nodes: Iterable[ast.AST]) -> bool:
    """Tell whether ``TYPE_CHECKING`` among these nodes is the one of :mod:`typing`: imported, and bound nowhere else."""
    imported = False
    for node in nodes:
        if type(node) is ast.ImportFrom and node.module in _TYPING_MODULES:
            imported = imported or "TYPE_CHECKING" in [alias.name for alias in node.names]
        elif type(node) is ast.Name and node.id == "TYPE_CHECKING" and isinstance(node.ctx, ast.Store):
            return False
    return imported


def _drop_empty_imports(node: ast.AST) -> None:
    for field in ("body", "orelse", "finalbody"):
        body = getattr(node, field, None)
        if isinstance(body, list):
            body[:] = [item for item in body if not (isinstance(item, ast.ImportFrom) and not item.names)]
            if field == "body" and not body:
                body.append(ast.Pass())


_Changed: TypeAlias = ast.AST | list[ast.stmt] | None
"""What stands in place of a node: another one, several, or nothing."""


class _Stripper:
    """Rewrites a tree in place. A node transformer of :mod:`ast` does the same at a third of the speed."""

    def __init__(self, *, type_checking: bool) -> None:
        self._type_checking = type_checking
        self._inside: list[ast.AST] = []

    def rewrite(self, node: ast.AST) -> ast.AST:
        """Rewrite what is under a node."""
        for name in fields(type(node)):
            value = getattr(node, name, None)
            if type(value) is list:
                value[:] = self._rewritten(value)
            elif value is not None:
                setattr(node, name, self._changed(value))
        body = getattr(node, "body", None)
        if type(body) is list and not body and not isinstance(node, ast.Module):
            body.append(ast.Pass())
        return node

    def _rewritten(self, nodes: Sequence[Any]) -> Iterator[Any]:
        for node in nodes:
            changed = self._changed(node) if node is not None else None
            if type(changed) is list:
                yield from changed
            elif changed is not None or node is None:
                yield changed

    def _changed(self, node: ast.AST) -> _Changed:
        kind = type(node)
        method = _METHODS.get(kind)
        if method is not None:
            return method(self, node)
        return self.rewrite(node) if fields(kind) else node

    def _function(self, node: Function) -> ast.AST:
        node.type_comment = None
        if hasattr(node, "type_params"):
            node.type_params = []
        if not self._annotations_act(node):
            node.returns = None
            _drop_argument_annotations(node.args)
        return self._within(node)

    def _annotations_act(self, node: Function) -> bool:
        """Tell whether a decorator of a function inside a function may read its annotations; at the top the live object shows it."""
        nested = any(isinstance(outer, Function) for outer in self._inside)
        return nested and any(_last_name(decorator) not in _SILENT_DECORATORS for decorator in node.decorator_list)

    def _within(self, node: ast.AST) -> ast.AST:
        self._inside.append(node)
        try:
            return self.rewrite(node)
        finally:
            self._inside.pop()

    def _expression(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.rewrite(node)

    def _nothing(self, _node: ast.Pass) -> None:
        return None

    def _annotated(self, node: ast.AnnAssign) -> ast.AST | None:
        if self._is_field():
            return self.rewrite(node)
        if node.value is not None:
            assignment = ast.Assign(targets=[node.target], value=node.value)
            return self.rewrite(ast.copy_location(assignment, node))
        if isinstance(node.target, ast.Name):
            return self._bare(node)
        evaluated = ast.Expr(value=node.target.value)
        return self.rewrite(ast.copy_location(evaluated, node))

    def _bare(self, node: ast.AnnAssign) -> ast.AST | None:
        """Keep of ``x: int`` inside a function that ``x`` is a local name."""
        inside_function = bool(self._inside) and isinstance(self._inside[-1], Function)
        node.annotation = ast.Constant(value=None)
        return node if inside_function else None

    def _is_field(self) -> bool:
        """Tell whether this annotation may be a field: of a class inside a function, whose bases or decorators may read it."""
        if not self._inside or not isinstance(self._inside[-1], ast.ClassDef):
            return False
        holder = self._inside[-1]
        nested = any(isinstance(outer, Function) for outer in self._inside)
        return nested and bool(holder.bases or holder.keywords or holder.decorator_list)

    def _condition(self, node: ast.If) -> _Changed:
        if not self._type_checking or _last_name(node.test) != "TYPE_CHECKING":
            return self.rewrite(node)
        never = ast.Module(body=node.orelse, type_ignores=[])
        self.rewrite(never)
        return never.body

    def _operation(self, node: ast.UnaryOp | ast.BinOp) -> ast.AST:
        return folded(self.rewrite(node))


_METHODS: Mapping[type[ast.AST], Callable[[_Stripper, Any], _Changed]] = {
    ast.FunctionDef: _Stripper._function,
    ast.AsyncFunctionDef: _Stripper._function,
    ast.ClassDef: _Stripper._within,
    ast.Expr: _Stripper._expression,
    ast.Pass: _Stripper._nothing,
    ast.AnnAssign: _Stripper._annotated,
    ast.If: _Stripper._condition,
    ast.UnaryOp: _Stripper._operation,
    ast.BinOp: _Stripper._operation,
}


def _drop_argument_annotations(arguments: ast.arguments) -> None:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for argument in every:
        if argument is not None:
            argument.annotation = None
            argument.type_comment = None


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")

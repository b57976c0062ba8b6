"""Walk syntax trees, faster than :func:`ast.walk` does."""

from __future__ import annotations

import ast

_WITHOUT_NODES = frozenset(
    {
        "ctx",
        "op",
        "ops",
        "id",
        "attr",
        "arg",
        "name",
        "asname",
        "module",
        "level",
        "type_comment",
        "kind",
        "conversion",
        "rest",
        "names",
    }
    | {"is_async", "simple", "kwd_attrs", "tag", "lineno"}
)
"""Fields that hold texts, numbers and markers; what imports and ``global`` name is read from their own nodes."""

_WITH_GAPS = frozenset({ast.Dict, ast.arguments})
"""Nodes whose lists may hold None: the key of ``**`` in a dict, and a missing default."""

_SILENT_FIELDS = frozenset({"ctx", "type_comment", "kind", "type_ignores", "type_params", "lineno"})
"""Fields that change nothing in what code does."""

_SHAPES: dict[type[ast.AST], tuple[bytes, tuple[str, ...]]] = {}

_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")

_FIELDS: dict[type, tuple[str, ...]] = {ast.Constant: (), ast.MatchSingleton: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the direct children of a node in order, without the markers of contexts and operators."""
    kind = type(node)
    found: list[ast.AST | None] = []
    for name in fields(kind):
        value = getattr(node, name, None)
        if type(value) is list:
            found += value
        elif value is not None:
            found.append(value)
    if kind in _WITH_GAPS:
        found = [item for item in found if item is not None]
    return found  # type: ignore[return-value]  # nothing else is None


def fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """Return the names of the fields that hold nodes, or lists of them."""
    known = _FIELDS.get(kind)
    return known if known is not None else _fields(kind)


def shape(kind: type[ast.AST]) -> tuple[bytes, tuple[str, ...]]:
    """Return how a node is written that names nothing: what that begins with, and the fields that count."""
    known = _SHAPES.get(kind)
    if known is None:
        names = tuple(name for name in kind._fields if name not in _SILENT_FIELDS)
        known = _SHAPES[kind] = b"(" + kind.__name__.encode(), names
    return known


def blocks(node: ast.AST) -> list[list[ast.AST]]:
    """Return the lists of statements, handlers and cases directly in a node."""
    found = [getattr(node, name, None) for name in _BLOCKS]
    return [block for block in found if type(block) is list]


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    # in ``type X = ...`` the name is a node
    named = kind.__name__ == "TypeAlias"
    _FIELDS[kind] = tuple(name for name in kind._fields if name not in _WITHOUT_NODES or named)
    return _FIELDS[kind]


def descendants(node: ast.AST) -> list[ast.AST]:
    """Return a node and all nodes under it, in no order that matters."""
    found = [node]
    for item in found:
        if _FIELDS.get(type(item)) != ():
            found += children(item)
    return found

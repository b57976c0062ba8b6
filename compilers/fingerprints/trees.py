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

_FIELDS: dict[type, tuple[str, ...]] = {ast.Constant: (), ast.MatchSingleton: ()}


def children(node: ast.AST) -> list[ast.AST]:
    """Return the direct children of a node in order, without the markers of contexts and operators."""
    found: list[ast.AST | None] = []  # None stands for a key of `**` in a dict
    for name in _FIELDS.get(type(node)) or _fields(type(node)):
        value = getattr(node, name, None)
        if type(value) is list:
            found += value
        elif value is not None:
            found.append(value)
    return [item for item in found if item is not None]


def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind not in _FIELDS:
        # in ``type X = ...`` the name is a node
        _FIELDS[kind] = tuple(
            name for name in kind._fields if name not in _WITHOUT_NODES or kind.__name__ == "TypeAlias"
        )
    return _FIELDS[kind]


def descendants(node: ast.AST) -> list[ast.AST]:
    """Return a node and all nodes under it, in no order that matters."""
    found = [node]
    for item in found:
        found.extend(children(item))
    return found

"""Walk syntax trees, faster than :func:`ast.walk` does."""

from __future__ import annotations

import ast

_LEAVES = (ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop)


def children(node: ast.AST) -> list[ast.AST]:
    """Return the direct children of a node in order, without the markers of contexts and operators."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found.extend([item for item in value if isinstance(item, ast.AST)])
        elif isinstance(value, ast.AST) and not isinstance(value, _LEAVES):
            found.append(value)
    return found


def descendants(node: ast.AST) -> list[ast.AST]:
    """Return a node and all nodes under it, in no order that matters."""
    found = [node]
    for item in found:
        found.extend(children(item))
    return found

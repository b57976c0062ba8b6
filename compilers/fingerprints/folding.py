"""Evaluate arithmetic on constants, as the compiler does."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping

_BINARY: Mapping[type[ast.operator], Callable[..., object]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: Mapping[type[ast.unaryop], Callable[..., object]] = {
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Invert: operator.invert,
}
_LIMIT = 2**64
"""Larger operands are left as they are written, so that folding never takes long."""


def folded(node: ast.AST) -> ast.AST:
    """Return the constant that an operation on numbers gives, or the node itself where it is not one."""
    if isinstance(node, ast.BinOp) and _is_number(node.left) and _is_number(node.right):
        return _constant(node, _BINARY.get(type(node.op)), node.left, node.right)
    if isinstance(node, ast.UnaryOp) and _is_number(node.operand):
        return _constant(node, _UNARY.get(type(node.op)), node.operand)
    return node


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float, complex)


def _constant(node: ast.AST, operation: Callable[..., object] | None, *operands: ast.expr) -> ast.AST:
    values: list[object] = [operand.value for operand in operands if isinstance(operand, ast.Constant)]
    if operation is None or not _is_small(operation, values):
        return node
    try:
        value = operation(*values)
    except (ArithmeticError, TypeError, ValueError):
        return node
    return ast.copy_location(ast.Constant(value=value), node)  # type: ignore[arg-type]  # numbers give numbers


def _is_small(operation: Callable[..., object], values: list[object]) -> bool:
    """Bound the operands, and the exponent of a power, whose result grows fastest."""
    limit = 64 if operation is operator.pow else _LIMIT
    first, last = values[0], values[-1]
    return not (isinstance(first, int) and abs(first) > _LIMIT) and not (isinstance(last, int) and abs(last) > limit)

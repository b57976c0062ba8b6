"""Find what a step changes outside itself: globals of modules, and with them what later steps see."""

from __future__ import annotations

import ast
import collections
from collections.abc import Iterator
from typing import TypeAlias

from .examined import Examined, Scene, constant, shown
from .findings import Remark
from .scoping import Local, Outer, Parameter

_CONTAINERS = (list, dict, set, bytearray, collections.deque)
_CHANGING = frozenset({
    "append", "appendleft", "extend", "extendleft", "insert", "remove", "pop", "popleft", "popitem", "clear", "sort",
    "reverse", "rotate", "update", "setdefault", "add", "discard", "difference_update", "intersection_update",
    "symmetric_difference_update", "subtract", "move_to_end",
})  # fmt: skip

Change: TypeAlias = tuple[ast.AST, ast.expr]
"""A statement or call, and the expression that it changes the value of."""


def mutated_global(code: Examined, _scene: Scene) -> Iterator[Remark]:
    """Remark assignments to globals, and changes of what they hold."""
    for node, changed in _changes(code):
        name = _global_name(code, changed)
        if name is not None and not _is_memo(code, node, changed):
            yield Remark(
                node,
                f"changes {name}, which other steps in the same process see, and nobody when this step is reused or runs "
                "in a process of its own",
                "return the value, and pass it to the steps that need it",
            )


def mutated_input(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark changes of the step's own arguments."""
    if not scene.is_entry(code):
        return
    for node, changed in _changes(code):
        root = _root(changed)
        binding = code.scoping.binding(root) if root is not None else None
        if isinstance(binding, Parameter) and binding.owner is code.definition.node:
            yield Remark(
                node,
                f"changes its input {binding.name!r} in place: called as plain Python, it changes the caller's value, and "
                "in a run only its own copy",
                f"work on a copy: {binding.name} = {binding.name}.copy()",
            )


def _changes(code: Examined) -> Iterator[Change]:
    """Yield every place that changes something which it did not make by an assignment to a plain local name."""
    for node in code.nodes:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            if isinstance(code.scoping.binding(node), Outer):
                yield node, node
        elif isinstance(node, ast.Attribute | ast.Subscript) and not isinstance(node.ctx, ast.Load):
            yield node, node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield from _by_method(code, node, node.func)


def _by_method(code: Examined, call: ast.Call, method: ast.Attribute) -> Iterator[Change]:
    if any(keyword.arg == "inplace" and constant(keyword.value) is True for keyword in call.keywords):
        yield call, method.value
        return
    if method.attr in _CHANGING:
        found = code.known(method.value)
        if (
            found is not None
            and found.is_instance
            and isinstance(found.live, type)
            and issubclass(found.live, _CONTAINERS)
        ):
            yield call, method.value


def _root(expression: ast.AST) -> ast.Name | None:
    while isinstance(expression, ast.Attribute | ast.Subscript):
        expression = expression.value
    return expression if isinstance(expression, ast.Name) else None


def _global_name(code: Examined, changed: ast.expr) -> str | None:
    """Return the name of the project's global that holds a value; None if it is local, or beyond the project."""
    root = _root(changed)
    if root is None:
        return None
    binding = code.scoping.binding(root)
    if isinstance(binding, Parameter) or (isinstance(binding, Local) and not binding.origins):
        return None
    found = code.known(root)
    if found is None or (found.name and not found.is_instance):
        return None if found is not None or isinstance(root.ctx, ast.Load) else f"the global {root.id}"
    return f"the global {_written(code, changed, root)}"


def _written(code: Examined, changed: ast.expr, root: ast.Name) -> str:
    """Return a global's name with its module."""
    found = code.known(changed)
    if found is not None and found.place:
        return found.place
    above = code.known(root)
    place = above.place if above is not None and above.place else root.id
    return f"{place}{shown(changed)[len(root.id) :]}"


def _is_memo(code: Examined, node: ast.AST, changed: ast.expr) -> bool:
    """Tell whether a global keeps what was computed: it is asked for a key, or whether it is None, before it is set."""
    if isinstance(node, ast.Name):
        return any(_is_unset(other, node.id) for other in code.nodes)
    parent = code.parent(node)
    sets = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store) and not isinstance(parent, ast.AugAssign)
    if not sets and not (isinstance(node, ast.Call) and _method(node) == "setdefault"):
        return False
    text = ast.dump(changed)
    return any(_asks(other, text) for other in code.nodes)


def _is_unset(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Compare(left=ast.Name(id=asked), ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return asked == name
        case ast.UnaryOp(op=ast.Not(), operand=ast.Name(id=asked)):
            return asked == name
    return False


def _asks(node: ast.AST, text: str) -> bool:
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[asked]):
            return ast.dump(asked) == text
        case ast.Call(func=ast.Attribute(value=asked, attr="get" | "setdefault")):
            return ast.dump(asked) == text
    return False


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""

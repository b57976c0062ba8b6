"""Trace where a path comes from: an input, a place of the step's own, or a text that is written in the code."""

from __future__ import annotations

import ast
import enum
import os
from pathlib import Path, PurePath

from attrs import frozen

from .examined import Examined, constant
from .scoping import Local, Outer, Parameter
from .tables import Names

_THROUGH = Names(
    "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.WindowsPath", "builtins.str", "builtins.sorted",
    "builtins.list", "builtins.tuple", "builtins.enumerate", "builtins.next", "builtins.iter", "builtins.reversed",
    "os.fspath", "os.fsdecode", "os.listdir", "os.scandir", "os.walk", "os.path.join", "os.path.abspath",
    "os.path.realpath", "os.path.normpath", "os.path.dirname", "os.path.expanduser", "glob.glob", "glob.iglob",
)  # fmt: skip
"""Give a path that lies where their first argument says."""
_METHODS = frozenset({
    "joinpath", "resolve", "absolute", "expanduser", "with_suffix", "with_name", "with_stem", "glob", "rglob", "iterdir",
    "relative_to", "format", "strip", "removeprefix", "removesuffix", "as_posix", "__truediv__", "copy", "items", "values",
    "with_segments",
})  # fmt: skip
_PLACES = Names("pathlib.Path.home", "pathlib.Path.cwd", "os.getcwd")
_OWN = Names("tempfile.*", "penstock.current_step", "penstock.runtime.context.current_step")

NAMES = _THROUGH | _PLACES | _OWN
_DEEPEST = 20


class Kind(enum.Enum):
    """Where a path comes from."""

    PARAMETER = "parameter"
    WRITTEN = "written"
    UNKNOWN = "unknown"


@frozen
class Origin:
    """Where a path comes from; ``parameter`` is set for one that was passed to the function."""

    kind: Kind
    parameter: Parameter | None = None


_WRITTEN, _UNKNOWN = Origin(Kind.WRITTEN), Origin(Kind.UNKNOWN)


def origin(code: Examined, expression: ast.AST | None, depth: int = 0) -> Origin:
    """Return where a path comes from. What stands leftmost decides, since the rest only leads on from there."""
    if expression is None or depth > _DEEPEST:
        return _UNKNOWN
    deeper = depth + 1
    match expression:
        case ast.Constant(value=value):
            return _WRITTEN if isinstance(value, str | bytes) and value else _UNKNOWN
        case ast.JoinedStr(values=[first, *_]):
            return origin(code, first, deeper)
        case ast.Name():
            return _of_name(code, expression, deeper)
        case ast.Call():
            return _of_call(code, expression, deeper)
        case ast.BoolOp(values=[inner, *_]) | ast.IfExp(body=inner) | ast.BinOp(left=inner):
            return origin(code, inner, deeper)
        case ast.FormattedValue(value=inner) | ast.Subscript(value=inner) | ast.NamedExpr(value=inner):
            return origin(code, inner, deeper)
        case ast.Attribute(value=inner, attr="parent" | "parents" | "name" | "stem" | "path"):
            return origin(code, inner, deeper)
        case ast.Attribute():
            return _WRITTEN if _is_path(_live(code, expression)) else _UNKNOWN
    return _UNKNOWN


def _of_name(code: Examined, name: ast.Name, depth: int) -> Origin:
    match code.scoping.binding(name):
        case Outer():
            return _WRITTEN if _is_path(_live(code, name)) else _UNKNOWN
        case Parameter() as parameter:
            return _of_parameter(code, parameter)
        case Local(values=values, items=items, parameter=parameter):
            assigned = [value for value in (*values, *items) if value is not name]
            if not assigned or depth > _DEEPEST // 2:
                return _of_parameter(code, parameter) if parameter is not None else _UNKNOWN
            return _agreed([origin(code, value, depth + 1) for value in assigned])


def _of_parameter(code: Examined, parameter: Parameter) -> Origin:
    """Return the function's own parameter; one of a function inside it can be anything."""
    return Origin(Kind.PARAMETER, parameter) if parameter.owner is code.definition.node else _UNKNOWN


def _agreed(found: list[Origin]) -> Origin:
    return found[0] if all(one == found[0] for one in found) else _UNKNOWN


def _of_call(code: Examined, call: ast.Call, depth: int) -> Origin:
    called = code.known(call.func)
    name = called.name if called is not None else ""
    if name in _OWN:
        return _UNKNOWN
    if name in _PLACES:
        return _WRITTEN
    if name in _THROUGH:
        return origin(code, call.args[0], depth) if call.args else _WRITTEN
    if isinstance(call.func, ast.Attribute) and call.func.attr in _METHODS:
        return origin(code, call.func.value, depth)
    return _UNKNOWN


def _live(code: Examined, expression: ast.expr) -> object:
    found = code.known(expression)
    return found.value if found is not None and found.is_instance else None


def _is_path(value: object) -> bool:
    return isinstance(value, PurePath) or (isinstance(value, str) and bool(value))


def folded(code: Examined, expression: ast.AST | None, depth: int = 0) -> Path | None:
    """Return the path that an expression of constants stands for, or the folder that it certainly lies in; None if unclear."""
    if expression is None or depth > _DEEPEST:
        return None
    match expression:
        case ast.Constant(value=str() as text):
            return Path(text)
        case ast.JoinedStr(values=[ast.Constant(value=str() as text), *_]):
            return Path(text).parent if not text.endswith("/") else Path(text)
        case ast.Name() | ast.Attribute():
            return _folded_name(code, expression, depth)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _joined(folded(code, left, depth + 1), constant(right))
        case ast.Call(args=[first, *rest]) if _leads_through(code, expression):
            return _joined(folded(code, first, depth + 1), *(constant(part) for part in rest))
        case ast.Call(func=ast.Attribute(value=inner, attr="resolve" | "absolute")):
            return folded(code, inner, depth + 1)
    return None


def _leads_through(code: Examined, call: ast.Call) -> bool:
    found = code.known(call.func)
    return found is not None and found.name in _THROUGH and found.name != "os.path.dirname"


def _folded_name(code: Examined, expression: ast.Name | ast.Attribute, depth: int) -> Path | None:
    value = _live(code, expression)
    if isinstance(value, str | PurePath):
        return Path(value)
    if isinstance(expression, ast.Attribute):
        inner = folded(code, expression.value, depth + 1) if expression.attr == "parent" else None
        return inner.parent if inner is not None else None
    binding = code.scoping.binding(expression)
    return (
        folded(code, binding.values[0], depth + 1) if isinstance(binding, Local) and len(binding.values) == 1 else None
    )


def _joined(first: Path | None, *parts: object) -> Path | None:
    """Join parts as long as they are known: what comes after lies under that."""
    for part in parts:
        if first is None or not isinstance(part, str):
            break
        first = first / part
    return first


def lies_under(path: Path, declared: tuple[str, ...], starts: tuple[Path, ...]) -> bool:
    """Tell whether a path, wherever it may start from, is one of the declared files or lies in a declared folder."""
    places = [os.path.normpath(start / path) for start in starts]
    return any(
        place == given or place.startswith(given.rstrip(os.sep) + os.sep) for place in places for given in declared
    )

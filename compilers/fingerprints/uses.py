"""Describe how a function uses the names that it takes from outside."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from .forms import Described

READS_LOCALS = frozenset({"locals", "eval", "exec", "vars", "dir", "currentframe", "_getframe"})
"""A function that mentions one of these may see the names of its locals, which then are not numbered."""

LOOKS_INTO_LOCALS = frozenset({"currentframe", "_getframe", "f_locals", "eval", "query"})
"""Attributes that do the same: of frames, and of tables (``frame.query("a > @limit")``)."""

UNKNOWN: Described = ("?",)


def chain(node: ast.AST) -> tuple[ast.Name, tuple[str, ...]] | None:
    """Split ``a.b.c`` into its name and its attributes; None for anything else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node, tuple(reversed(attributes))) if isinstance(node, ast.Name) else None


def describe_call(node: ast.Call) -> tuple[Described, ...]:
    """Describe the first arguments of a call, and those by keyword."""
    positional = [describe(argument) for argument in node.args[:3]]
    named = [(f"{keyword.arg}=", *describe(keyword.value)) for keyword in node.keywords]
    return (*positional, *named)


def describe(node: ast.AST) -> Described:
    """Say what can be known of a value without running anything."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return ("c", node.value)
    if isinstance(node, ast.JoinedStr) and node.values:
        return _prefix(node.values[0])
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _concatenation(node)
    if isinstance(node, ast.Name):
        return ("n", node.id)
    return UNKNOWN


def _concatenation(node: ast.BinOp) -> Described:
    left = describe(node.left)
    if isinstance(node.op, ast.Mod) and left[0] == "c":
        return ("p", left[1].partition("%")[0])
    return ("p", left[1]) if isinstance(node.op, ast.Add) and left[0] in "cp" else UNKNOWN


def _prefix(node: ast.AST) -> Described:
    return ("p", str(node.value)) if isinstance(node, ast.Constant) else UNKNOWN


def names_called_only(nodes: Sequence[ast.AST]) -> frozenset[str]:
    """Return the names that are read only to be called, so that nobody sees what their functions are called."""
    called = {id(node.func) for node in nodes if type(node) is ast.Call}
    names = [node for node in nodes if type(node) is ast.Name and type(node.ctx) is ast.Load]
    return frozenset([node.id for node in names]) - {node.id for node in names if id(node) not in called}


def literal_getattr(node: ast.Call) -> tuple[ast.Name, tuple[str, ...]] | None:
    """Return the chain that ``getattr(chain, "name")`` or ``hasattr`` reads, with the name."""
    if not isinstance(node.func, ast.Name) or node.func.id not in {"getattr", "hasattr"} or len(node.args) < 2:
        return None
    found = chain(node.args[0])
    name = node.args[1]
    if found is None or not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    return found[0], (*found[1], name.value)


def mentions_locals(nodes: Sequence[ast.AST]) -> bool:
    """Tell whether code may see the names of its locals; ``vars(x)`` and ``dir(x)`` look at ``x`` instead."""
    names = [node for node in nodes if type(node) is ast.Name and node.id in READS_LOCALS]
    if any(type(node) is ast.Attribute and node.attr in LOOKS_INTO_LOCALS for node in nodes):
        return True
    if not names:
        return False
    own = {node.arg for node in nodes if type(node) is ast.arg} | {
        node.id for node in names if type(node.ctx) is not ast.Load
    }
    elsewhere = {
        id(node.func)
        for node in nodes
        if type(node) is ast.Call and node.args and getattr(node.func, "id", "") in ("vars", "dir")
    }
    return any(node.id not in own and id(node) not in elsewhere for node in names)

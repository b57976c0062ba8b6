"""Describe how a function uses the names that it takes from outside."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from attrs import frozen

from .scopes import ImportOrigin

Described = tuple[str, ...]
"""What is known of an argument: ("c", text) a constant, ("p", text) a text that begins so, ("n", name), ("?",) unknown."""

UNKNOWN: Described = ("?",)


@frozen
class Use:
    """One way in which code uses a name from outside, with the attributes it reads from it.

    ``kind`` is ``global``, ``free`` (a closure's cell) or ``import`` (bound by an import inside the function, from
    ``origins``); ``how`` is ``load``, ``call``, ``sub`` (indexed), ``getattr`` or ``import``; ``detail`` describes the
    arguments of a call or the index.
    """

    kind: str
    name: str
    origins: tuple[ImportOrigin, ...] = ()
    attributes: tuple[str, ...] = ()
    how: str = "load"
    detail: tuple[Described, ...] = ()

    def to_json(self) -> list[Any]:
        """Return the use as plain lists."""
        return [self.kind, self.name, self.origins, self.attributes, self.how, self.detail]

    @classmethod
    def from_json(cls, data: list[Any]) -> Use:
        """Read what :meth:`to_json` wrote."""
        kind, name, origins, attributes, how, detail = data
        return cls(
            kind,
            name,
            tuple((module, level, taken) for module, level, taken in origins),
            tuple(attributes),
            how,
            tuple(tuple(part) for part in detail),
        )


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


def constant_text(described: Sequence[Described], index: int) -> str | None:
    """Return the constant text at a position of described arguments."""
    return described[index][1] if len(described) > index and described[index][0] == "c" else None


def literal_getattr(node: ast.Call) -> tuple[ast.Name, tuple[str, ...]] | None:
    """Return the chain that ``getattr(chain, "name")`` or ``hasattr`` reads, with the name."""
    if not isinstance(node.func, ast.Name) or node.func.id not in {"getattr", "hasattr"} or len(node.args) < 2:
        return None
    found = chain(node.args[0])
    name = node.args[1]
    if found is None or not isinstance(name, ast.Constant) or not isinstance(name.value, str):
        return None
    return found[0], (*found[1], name.value)

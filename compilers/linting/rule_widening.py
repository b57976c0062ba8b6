"""Find what the fingerprint could not resolve: what it counts instead, and what it refuses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..fingerprints.nodes import Node
from .examined import Examined
from .findings import Remark

_MARK = " uses "


def widened(code: Examined | None, node: Node, warnings: tuple[str, ...]) -> Iterator[Remark]:
    """Remark, for a node of a fingerprint, what had to be counted more widely than it is used."""
    for reason in node.watches.values():
        for warning in warnings:
            if warning.startswith(f"{reason}: "):
                consequence = warning.removeprefix(f"{reason}: ").partition(";")[0]
                yield Remark(
                    _place(code, reason),
                    f"{_clause(reason)}, which cannot be followed: {consequence}, and an edit there reruns the step",
                    _hint(warning),
                    node.line,
                )


def unidentified(node: Node, place: Node) -> Remark | None:
    """Remark a node that the fingerprint refuses, at the nearest place that has a line."""
    if not node.problem:
        return None
    holder = f"{place.name} holds a value whose identity is unknown: " if place is not node else ""
    return Remark(
        None,
        f"{holder}{node.problem}; the step is never reused",
        "make the value inside the step, give its class a method __penstock_digest__, or pass it as an argument",
        place.line,
    )


def _clause(reason: str) -> str:
    """Return what code does, without the name of the function, which the chain tells."""
    _, found, rest = reason.partition(_MARK)
    return f"uses {rest}" if found else reason


def _hint(warning: str) -> str:
    declared = "modules=[...]" in warning
    return "declare @step(modules=[...]), the modules it may lead to" if declared else "write the name out"


def _place(code: Examined | None, reason: str) -> ast.AST | None:
    """Return the use that a reason speaks of, in the function's tree."""
    if code is None:
        return None
    name = reason.partition(_MARK)[2].partition(" with a name or text")[0]
    return next((node for node in code.nodes if _stands_for(code, node, name)), None)


def _stands_for(code: Examined, node: ast.AST, name: str) -> bool:
    if not isinstance(node, ast.Attribute | ast.Name):
        return False
    found = code.known(node)
    return found is not None and bool(found.name) and found.name.removeprefix("builtins.") == name

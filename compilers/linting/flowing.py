"""Tell whether a value goes into what a function gives back, or is only printed, logged, slept or compared."""

from __future__ import annotations

import ast
from typing import TypeAlias

from .examined import Examined
from .scoping import Local
from .tables import Names

Seen: TypeAlias = frozenset[str]

_TELLING = Names(
    "builtins.print", "time.sleep", "asyncio.sleep", "warnings.warn", "logging.debug", "logging.info", "logging.warning",
    "logging.error", "logging.exception", "logging.critical", "logging.log", "logging.Logger.*", "sys.stdout.write",
    "sys.stderr.write", "penstock.runtime.reporting.*", "penstock.log_metric", "penstock.log_text", "penstock.log_figure",
    "penstock.progress", "datetime.datetime.strftime",
)  # fmt: skip

NAMES = _TELLING


def is_only_told(code: Examined, node: ast.AST, seen: Seen = frozenset()) -> bool:
    """Tell whether an expression's value ends in messages, pauses and comparisons, wherever names carry it."""
    at, above = node, code.parent(node)
    while above is not None:
        match above:
            case ast.Call() if at is not above.func and _tells(code, above):
                return True
            case ast.Compare() | ast.Expr():
                return True
            case ast.Assign(targets=[ast.Name() as target]) | ast.AnnAssign(target=ast.Name() as target):
                return _is_only_read_to_tell(code, target, seen)
            case ast.NamedExpr() | ast.stmt():
                return False
        at, above = above, code.parent(above)
    return False


def _tells(code: Examined, call: ast.Call) -> bool:
    found = code.known(call.func)
    return found is not None and found.name in _TELLING


def _is_only_read_to_tell(code: Examined, target: ast.Name, seen: Seen) -> bool:
    """Tell whether every use of a local name ends in messages."""
    if target.id in seen:
        return True
    if not isinstance(code.scoping.binding(target), Local):
        return False
    uses = [
        node
        for node in code.nodes
        if isinstance(node, ast.Name) and node.id == target.id and isinstance(node.ctx, ast.Load)
    ]
    return all(is_only_told(code, use, seen | {target.id}) for use in uses)

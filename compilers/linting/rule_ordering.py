"""Find results that depend on the order in which a process happens to keep things."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from .examined import Called, Examined, Scene, shown
from .findings import Remark
from .tables import Names

_ORDERED = Names("builtins.list", "builtins.tuple", "builtins.enumerate", "builtins.str.join", "numpy.fromiter")
_SETS = Names("builtins.set", "builtins.frozenset")
_IDENTITIES = Names("builtins.hash")

NAMES = _ORDERED | _SETS | _IDENTITIES


def hash_order(code: Examined, _scene: Scene) -> Iterator[Remark]:
    """Remark sets that are put into an order without sorting, and numbers that are new in each process."""
    for called in code.calls:
        if called.name in _IDENTITIES and code.function.__name__ not in {"__hash__", "__eq__", "__repr__"}:
            yield Remark(
                called.node,
                f"{shown(called.node)} gives another number in each process (the hash of text is seeded by Python)",
                "use hashlib, or a key of the value's own",
            )
        elif called.name in _ORDERED and _is_set(code, called.argument(0)) and not _is_sorted(code, called):
            yield Remark(
                called.node,
                f"{shown(called.node)} puts the elements of a set into an order that differs between processes",
                "write sorted(...)",
            )


def _is_set(code: Examined, expression: ast.expr | None) -> bool:
    if isinstance(expression, ast.Set | ast.SetComp):
        return True
    found = code.known(expression.func) if isinstance(expression, ast.Call) else None
    return found is not None and found.name in _SETS


def _is_sorted(code: Examined, called: Called) -> bool:
    """Tell whether the order is lost again at once: ``sorted(list(set(...)))``, ``len(list(set(...)))``."""
    above = code.parent(called.node)
    found = code.known(above.func) if isinstance(above, ast.Call) else None
    names = Names(*(f"builtins.{name}" for name in ("sorted", "len", "set", "frozenset", "min", "max", "any", "all")))
    return found is not None and found.name in names

"""Judge by their types whether two values can be put in order, or are truth values that can be combined."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

from .signatures import Hint, is_unknown

_NUMBERS = (bool, int, float)


def is_truth(hint: Hint) -> bool:
    """Say whether a type may be that of a truth value; NumPy has one of its own. Unknown may be."""
    return is_unknown(hint) or hint is bool or getattr(hint, "__name__", "") in ("bool_", "bool")


def is_bool(value: object) -> bool:
    """Say whether a value is a truth value: Python's, or NumPy's."""
    return type(value).__name__ in ("bool", "bool_")


def are_ordered(left: Hint, right: Hint) -> bool:
    """Say whether ``<`` works between values of two types. What cannot be judged does."""
    if not (_is_class(left) and _is_class(right)):
        return True
    if left in _NUMBERS and right in _NUMBERS:
        return True
    if left.__module__ == right.__module__ == "builtins":
        return left is right and _orders(left, "__lt__")
    return _orders(left, "__lt__") or _orders(right, "__gt__")


def _orders(kind: type, method: str) -> bool:
    defined: Callable[..., Any] = getattr(kind, method)
    return defined is not getattr(object, method) and kind is not dict


def _is_class(hint: Hint) -> bool:
    return isinstance(hint, type) and not typing.get_args(hint) and not is_unknown(hint)

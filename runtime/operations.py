"""Compute what promises were compared or combined to, in the process that drives the run."""

from __future__ import annotations

import functools
import operator as operators
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..compilers.graph import Literal, Operator
from .errors import OperationFailed, RunError
from .resolved import Gathered, Resolved, Stored, summarise_input
from .store import ArtifactStore, decode

_COMPUTE: Final[Mapping[Operator, Callable[..., Any]]] = {
    "==": operators.eq,
    "!=": operators.ne,
    "<": operators.lt,
    "<=": operators.le,
    ">": operators.gt,
    ">=": operators.ge,
    "&": lambda left, right: left and right,
    "|": lambda left, right: left or right,
    "~": operators.not_,
}

_COMBINING: Final = frozenset({"&", "|", "~"})


def computed(operator: Operator, operands: Sequence[Resolved], store: ArtifactStore | None) -> Literal:
    """Return what an operation gives, which is always True or False. Raises OperationFailed, and StoreError."""
    values = [value_of(operand, store) for operand in operands]
    try:
        if operator in _COMBINING:
            values = [_truth(value) for value in values]
        return Literal(_truth(_COMPUTE[operator](*values)))
    except Exception as error:  # the operands' own code may raise anything
        raise OperationFailed(_told(operator, operands), type(error).__name__, str(error)) from error


def truth_of(value: Resolved, store: ArtifactStore | None) -> bool:
    """Return a condition. Raises RunError for a value that is neither True nor False, and StoreError."""
    loaded = value_of(value, store)
    try:
        return _truth(loaded)
    except TypeError:
        raise RunError(
            f"a condition must be True or False, and this is {summarise_input(value)}, a {type(loaded).__name__}; "
            "compare it, or return a bool"
        ) from None


def value_of(value: Resolved, store: ArtifactStore | None) -> Any:
    """Return the value behind a small operand. Raises StoreError, and RunError for an item that is not there."""
    match value:
        case Literal():
            return value.value
        case Stored(artifact, path):
            return functools.reduce(_item, path, decode(artifact, store))  # type: ignore[arg-type]  # inline ones need none
        case Gathered(shape, items):
            loaded = [value_of(item, store) for item in items]
            if shape.kind == "dict":
                return dict(zip(shape.keys, loaded, strict=True))
            return {"list": list, "set": set}.get(shape.kind, tuple)(loaded)


def _item(whole: Any, item: str | int) -> Any:
    try:
        return whole[item]
    except (LookupError, TypeError) as error:
        raise RunError(f"an operand selects the item {item!r}, which a {type(whole).__name__} does not have") from error


def _truth(value: Any) -> bool:
    """Return a truth value, of Python or numpy, as Python's. Raises TypeError for what is none."""
    if type(value) is bool or type(value).__name__ in ("bool", "bool_"):
        return bool(value)
    raise TypeError(f"{type(value).__name__} is no truth value; expected True or False")


def _told(operator: Operator, operands: Sequence[Resolved]) -> str:
    told = list(map(summarise_input, operands))
    return f"{operator}{told[0]}" if len(told) == 1 else f" {operator} ".join(told)

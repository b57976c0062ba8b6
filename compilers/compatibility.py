"""Judge whether a value or a type fits a type. What cannot be judged fits.

Equal and plain classes are judged here, which is nearly every case; the rest is beartype's work.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from typing import Any

_UNIONS = (typing.Union, types.UnionType)


def fits(value: object, hint: Any) -> bool:
    """Say whether a value is of a type."""
    if is_unknown(hint):
        return True
    hint = _concrete(hint)
    if _is_class(hint):
        return isinstance(value, hint)
    if typing.get_origin(hint) in _UNIONS:
        return any(fits(value, option) for option in typing.get_args(hint))
    from beartype.door import is_bearable

    return _judged(lambda: is_bearable(value, hint))


def is_compatible(given: Any, expected: Any) -> bool:
    """Say whether every value of the type ``given`` may be passed where ``expected`` is asked for.

    An int may stand for a float. A bare ``list`` is a list of anything, as type checkers read it.
    """
    if given is expected or is_unknown(given) or is_unknown(expected):
        return True
    given, expected = (_concrete(hint) for hint in (given, expected))
    if typing.get_origin(given) in _UNIONS:
        return all(is_compatible(option, expected) for option in typing.get_args(given))
    if typing.get_origin(expected) in _UNIONS:
        return any(is_compatible(given, option) for option in typing.get_args(expected))
    if _is_class(given) and _is_class(expected):
        return issubclass(given, expected) or (given is int and expected is float)
    return _are_generics_compatible(given, expected)


def _concrete(hint: Any) -> Any:
    """Look through NewType, and write None as its class."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    return type(None) if hint is None else hint


def _are_generics_compatible(given: Any, expected: Any) -> bool:
    origins = typing.get_origin(given) or given, typing.get_origin(expected) or expected
    if all(isinstance(origin, type) for origin in origins) and (
        _is_class(given) or _is_class(expected) or _mentions_any(given)
    ):
        return issubclass(*origins)
    from beartype.door import is_subhint

    return _judged(lambda: is_subhint(given, expected))


def coerce(value: object, hint: Any) -> object:
    """Turn an int into a float where a float is asked for, also inside lists, tuples and dicts. Nothing else changes."""
    if hint is float and type(value) in (int, bool):
        return float(value)  # type: ignore[arg-type]
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return (
            value if any(_is_class(option) and type(value) is option for option in items) else _first_fit(value, items)
        )
    if origin is list and type(value) is list:
        return [coerce(item, items[0]) for item in value]
    if origin is tuple and type(value) is tuple:
        hints = [items[0]] * len(value) if items[-1] is Ellipsis else items
        return tuple(map(coerce, value, hints)) if len(hints) == len(value) else value
    if origin is dict and type(value) is dict:
        return {key: coerce(item, items[1]) for key, item in value.items()}
    return value


def _first_fit(value: object, options: tuple[Any, ...]) -> object:
    for option in options:
        changed = coerce(value, option)
        if fits(changed, option):
            return changed
    return value


def is_unknown(hint: Any) -> bool:
    """Say whether a type says nothing: ``Any``, ``object``, a type variable, a name that could not be evaluated."""
    return hint is Any or hint is object or isinstance(hint, typing.TypeVar | str | typing.ForwardRef)


def _is_class(hint: Any) -> bool:
    """Say whether isinstance() answers for a hint: a class that is neither parametrised nor a protocol."""
    if not isinstance(hint, type) or typing.get_args(hint):
        return False
    return not typing.is_typeddict(hint) and not getattr(hint, "_is_protocol", False)


def _mentions_any(hint: Any) -> bool:
    return is_unknown(hint) or any(_mentions_any(item) for item in typing.get_args(hint))


def _judged(judge: Callable[[], bool]) -> bool:
    try:
        return judge()
    except Exception:  # a hint that beartype does not support: unknown, and unknown fits
        return True

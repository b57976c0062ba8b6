"""Judge whether a value or a type fits a type. What cannot be judged fits.

Equal and plain classes are judged here, which is nearly every case; the rest is beartype's work.
"""

from __future__ import annotations

import types
import typing
from collections import abc
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .datapaths import DataPath

_UNIONS = (typing.Union, types.UnionType)
_CONTAINERS = (list, tuple, set, frozenset, dict)


def fits(value: object, hint: Any) -> bool:
    """Say whether a value is of a type. Every item of a built-in container is looked at.

    A data path fits where a Path does: it is one when the step gets it.
    """
    if is_unknown(hint):
        return True
    hint = _concrete(hint)
    if _is_class(hint):
        return isinstance(value, hint) or (type(value) is DataPath and issubclass(Path, hint))
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return any(fits(value, option) for option in items)
    if typing.is_typeddict(hint):
        return isinstance(value, dict) and _judged(lambda: _has_fields(value, hint))
    if type(value) in _CONTAINERS and isinstance(origin, type) and items:
        return isinstance(value, origin) and _items_fit(value, items)
    from beartype.door import is_bearable

    return _judged(lambda: is_bearable(value, hint))


def _has_fields(value: dict[str, object], hint: Any) -> bool:
    known = typing.get_type_hints(hint)
    return value.keys() >= _required_keys(hint) and all(
        name in known and fits(item, known[name]) for name, item in value.items()
    )


def _required_keys(hint: Any) -> set[str]:
    """Name the keys that a TypedDict must have; ``__required_keys__`` is wrong where annotations are text."""
    marked = typing.get_type_hints(hint, include_extras=True)
    return {name for name in hint.__required_keys__ if typing.get_origin(marked[name]) is not typing.NotRequired}


def _items_fit(value: Any, items: tuple[Any, ...]) -> bool:
    if isinstance(value, dict):
        return len(items) != 2 or all(fits(key, items[0]) and fits(item, items[1]) for key, item in value.items())
    hints = _item_hints(value, items)
    return len(hints) == len(value) and all(map(fits, value, hints))


def _item_hints(value: Any, items: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give each item of a list, tuple or set its type: one for all, or for a tuple one each."""
    if len(items) == 1 and type(value) is not tuple:
        return items * len(value)
    return items[:1] * len(value) if items[-1] is Ellipsis else items


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
    if typing.is_typeddict(given) or typing.is_typeddict(expected):
        return _judged(lambda: _are_fields_compatible(given, expected))
    if _is_class(given) and _is_class(expected):
        return issubclass(given, expected) or (expected is float and issubclass(given, int))
    return _are_generics_compatible(given, expected)


def _concrete(hint: Any) -> Any:
    """Look through NewType, and write None as its class."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    return type(None) if hint is None else hint


def _are_fields_compatible(given: Any, expected: Any) -> bool:
    """Compare where at least one type is a TypedDict; any other mapping may have its keys."""
    if not typing.is_typeddict(given):
        return is_compatible(given, dict)
    if not typing.is_typeddict(expected):
        return is_compatible(dict[str, Any], expected)
    have, need = typing.get_type_hints(given), typing.get_type_hints(expected)
    return all(name in have and is_compatible(have[name], need[name]) for name in _required_keys(expected))


def _are_generics_compatible(given: Any, expected: Any) -> bool:
    origins = typing.get_origin(given) or given, typing.get_origin(expected) or expected
    if all(isinstance(origin, type) for origin in origins) and (
        _is_class(given) or _is_class(expected) or _mentions_any(given)
    ):
        return _judged(lambda: issubclass(*origins))
    from beartype.door import is_subhint

    return _judged(lambda: is_subhint(given, _with_ints(expected)))


def _with_ints(hint: Any) -> Any:
    """Write ``list[float]`` as ``list[int | float]``: an int may stand for a float in there too."""
    if hint is float:
        return int | float
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if float not in items or not isinstance(origin, type) or not issubclass(origin, abc.Iterable):
        return hint
    made: Any = origin
    return made[tuple(map(_with_ints, items))]


def coerce(value: Any, hint: Any) -> Any:
    """Turn an int into a float where a float is asked for, also inside lists, tuples and dicts. Nothing else changes.

    What does not change stays the same object.
    """
    if hint is float and type(value) in (int, bool):
        return _as_float(value)
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        is_exact = any(_is_class(option) and type(value) is option for option in items)
        return value if is_exact else _first_fit(value, items)
    if type(value) not in _CONTAINERS or not items or not isinstance(origin, type) or not isinstance(value, origin):
        return value
    if type(value) is dict:
        changed = {key: coerce(item, items[-1]) for key, item in value.items()}
        return changed if any(changed[key] is not value[key] for key in value) else value
    return _coerced_items(value, _item_hints(value, items))


def _coerced_items(value: Any, hints: tuple[Any, ...]) -> Any:
    if len(hints) != len(value):
        return value
    before = list(value)
    after = list(map(coerce, before, hints))
    same = all(new is old for new, old in zip(after, before, strict=True))
    return value if same else type(value)(after)


def _as_float(value: int) -> float:
    """Convert an int; one that is too big for a float stays what it is, and will not fit."""
    try:
        return float(value)
    except OverflowError:
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

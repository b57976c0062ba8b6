"""Follow the structure of a result: which parts of it there are, of which types, and what stands for each of them."""

from __future__ import annotations

import typing
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from .promises import has_promise, hint_of
from .signatures import Hint

Path: TypeAlias = tuple[str | int, ...]


def is_structure(value: object) -> bool:
    """Say whether a result comes out part by part: a tuple, and a list or a dict with promises in it."""
    if isinstance(value, tuple):
        return True
    return type(value) in (list, dict) and has_promise(value) and _keys(value) is not None


def are_alike(values: Sequence[object]) -> bool:
    """Say whether results are structures of the same kind, with as many parts or with the same keys."""
    return all(map(is_structure, values)) and len({(type(value), _keys(value)) for value in values}) == 1


def rebuilt(values: Sequence[Any], leaf: Callable[[Path, Hint], object], path: Path = ()) -> Any:
    """Return the structure that all ``values`` share, with ``leaf(path, hint)`` for each part; one leaf where they share none."""
    if not are_alike(values):
        return leaf(path, union(list(map(type_of, values))))
    kind = type(values[0])
    made = {key: rebuilt([value[key] for value in values], leaf, (*path, key)) for key in _keys(values[0]) or ()}
    if kind is dict:
        return made
    return kind(*made.values()) if hasattr(kind, "_fields") else kind(made.values())


def type_of(value: Any) -> Hint:
    """Return the type of a plain or promised value, or of a structure of them."""
    if not is_structure(value):
        return Any if isinstance(value, list | dict) else hint_of(value)
    if hasattr(value, "_fields"):
        return type(value)
    items = list(value.values()) if isinstance(value, dict) else value
    hints = tuple(map(type_of, items))
    if isinstance(value, tuple):
        return tuple[hints] if hints else tuple[()]  # type: ignore[valid-type]  # the types are known only now
    return _generic(list, union(hints)) if isinstance(value, list) else _generic(dict, str, union(hints))


def union(hints: Sequence[Hint]) -> Hint:
    """Return the type of a value that is of one of some types."""
    different = tuple(dict.fromkeys(hints))
    if len(different) == 1:
        return different[0]
    if not different or any(hint is Any for hint in different):
        return Any
    try:
        return typing.Union[different]  # the types are known only now
    except TypeError:
        return Any


def list_of(hint: Hint) -> Hint:
    """Return the type of a list."""
    return _generic(list, hint)


def dict_of(keys: Hint, hint: Hint) -> Hint:
    """Return the type of a dict."""
    return _generic(dict, keys, hint)


def _generic(origin: Any, *items: Hint) -> Hint:
    try:
        return origin[items]
    except TypeError:
        return origin


def _keys(value: Any) -> tuple[str | int, ...] | None:
    """Return what selects each part; None for a dict with other keys than text and whole numbers."""
    if not isinstance(value, dict):
        return tuple(range(len(value)))
    keys = tuple(value)
    return keys if all(type(key) in (str, int) for key in keys) else None

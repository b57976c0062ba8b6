"""Describe a parameter's type as JSON Schema, for command lines, REST calls and documents.

A type that JSON cannot describe gives ``{}``: anything goes. ``x-python`` names the class that a value becomes, where JSON's
types and formats do not tell.
"""

from __future__ import annotations

import datetime
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any, TypeAlias

from .datapaths import DataPath

Schema: TypeAlias = Mapping[str, object]

_SIMPLE: Mapping[object, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    str: {"type": "string"},
    None: {"type": "null"},
    type(None): {"type": "null"},
    list: {"type": "array"},
    tuple: {"type": "array", "x-python": "builtins:tuple"},
    dict: {"type": "object"},
    DataPath: {"type": "string", "format": "uri"},
    datetime.date: {"type": "string", "format": "date"},
    datetime.datetime: {"type": "string", "format": "date-time"},
}


def schema_of(hint: Any) -> Schema:
    """Return the JSON Schema of a type annotation."""
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    if _is_simple(hint):
        return _SIMPLE[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _members(hint)
    if isinstance(hint, type) and issubclass(hint, PurePath):
        return {"type": "string", "format": "path"}
    origin, items = typing.get_origin(hint), typing.get_args(hint)
    for kinds, describe in _GENERIC:
        if origin in kinds:
            return describe(items)
    return {}


def _members(kind: type[Enum]) -> Schema:
    """Return the schema of an enum: the names of its members, and where it is to be found, unless it travels by value."""
    found = {"enum": [member.name for member in kind]}
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        return found
    return {**found, "x-python": f"{kind.__module__}:{kind.__qualname__}"}


def _is_simple(hint: Any) -> bool:
    try:
        return hint in _SIMPLE
    except TypeError:  # an annotation that holds a list or dict
        return False


def _choice(items: tuple[Any, ...]) -> Schema:
    is_json = all(item is None or type(item) in (bool, int, str) for item in items)
    return {"enum": list(items)} if is_json else {}


def _union(items: tuple[Any, ...]) -> Schema:
    options = [schema_of(item) for item in items]
    return {"anyOf": options} if all(options) else {}


def _array(items: tuple[Any, ...]) -> Schema:
    inner = schema_of(items[0]) if items else {}
    return {"type": "array", "items": inner} if inner else {"type": "array"}


def _set(items: tuple[Any, ...]) -> Schema:
    return {**_array(items), "uniqueItems": True}


def _frozenset(items: tuple[Any, ...]) -> Schema:
    return {**_set(items), "x-python": "builtins:frozenset"}


def _tuple(items: tuple[Any, ...]) -> Schema:
    if len(items) == 2 and items[1] is Ellipsis:
        return {**_array(items), "x-python": "builtins:tuple"}
    if not items:
        return {"type": "array", "maxItems": 0, "x-python": "builtins:tuple"}
    return {
        "type": "array",
        "prefixItems": [schema_of(item) for item in items],
        "minItems": len(items),
        "maxItems": len(items),
    }


def _object(items: tuple[Any, ...]) -> Schema:
    if items[0] is not str:
        return {}
    return {"type": "object", "additionalProperties": schema_of(items[1])}


_GENERIC: tuple[tuple[tuple[object, ...], Callable[[tuple[Any, ...]], Schema]], ...] = (
    ((typing.Literal,), _choice),
    ((typing.Union, types.UnionType), _union),
    ((list, abc.Sequence, abc.Iterable), _array),
    ((set,), _set),
    ((frozenset,), _frozenset),
    ((tuple,), _tuple),
    ((dict, abc.Mapping), _object),
)

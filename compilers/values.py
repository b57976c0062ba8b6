"""Decide which values can be written into a graph, and write them as JSON and back.

JSON's own types stand for themselves; what JSON lacks is an object with a single key that starts with ``$``:
``{"$tuple": [...]}``, ``{"$path": "data/taxi.csv"}``. A dict is a list of pairs, since its keys need not be text and
its order counts.
"""

from __future__ import annotations

import base64
import datetime
import math
import sys
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from .datapaths import DataPath
from .errors import GraphFormatError
from .members import FindMember, Member, attribute, imported

Json: TypeAlias = Any
"""What ``json.loads`` gives."""

MOST = 16 * 1024
"""Roughly how many characters a value may take in a document before it becomes an attachment."""

PATH = type(Path())
"""The class of every plain path here. Other paths (pure ones, cloud paths) are values of their own."""

_LONGEST_INT = 4000
"""Digits. Python refuses to write or read an int of more than 4300."""

_SCALARS = (type(None), bool, int, float, str)
_COLLECTIONS = (list, tuple, set, frozenset, dict)


_SHORT_TEXT = 1024
_SHORT_INT = 1 << 63


def is_short(value: object) -> bool:
    """Say quickly whether a value is a plain scalar that surely fits into a document; False where that needs a look."""
    kind = type(value)
    if kind is int:
        return -_SHORT_INT < value < _SHORT_INT  # type: ignore[operator]  # mypy does not narrow by `type() is`
    if kind is str:
        return len(value) <= _SHORT_TEXT  # type: ignore[arg-type]
    return kind is float or kind is bool


def is_plain(value: object) -> bool:
    """Say whether a value can be written into a graph: exact built-in types, paths, data paths, dates, enum members, and few."""
    return _cost(value, MOST) <= MOST


def _cost(value: Any, left: int) -> int:
    """Estimate the characters a value takes; more than ``left`` means: not plain, or too much."""
    kind = type(value)
    if kind in _COLLECTIONS:
        items = [item for pair in value.items() for item in pair] if isinstance(value, dict) else value
        total = 2
        for item in items:
            total += 2 + _cost(item, left - total)
            if total > left:
                break
        return total
    if kind is str or kind is bytes:
        return len(value)
    if kind is int:
        digits = int.bit_length(value) // 3 + 1
        return digits if digits < _LONGEST_INT else left + 1
    if kind is datetime.datetime:
        return 32 if _is_lossless(value) else left + 1
    if kind in _SCALARS or _tag_of(kind):
        return 24
    if kind is PATH or kind is DataPath or kind is Member:
        return len(str(value))
    return 64 if isinstance(value, Enum) and _is_importable(kind) else left + 1


def _is_lossless(moment: datetime.datetime) -> bool:
    """Say whether a moment is the same after it was written as text, which keeps an offset but not a zone's name."""
    return repr(datetime.datetime.fromisoformat(moment.isoformat())) == repr(moment)


def _is_importable(kind: type) -> bool:
    if kind.__module__ == "__main__" or "<locals>" in kind.__qualname__:
        return False
    return attribute(sys.modules.get(kind.__module__), kind.__qualname__) is kind


def to_json(value: Any) -> Json:
    """Write a plain value as JSON. Raises TypeError for another one."""
    kind = type(value)
    if kind is float:
        return value if math.isfinite(value) else {"$float": repr(value)}
    if kind in _SCALARS:
        return value
    if kind is list:
        return [to_json(item) for item in value]
    if kind in _COLLECTIONS:
        return {f"${kind.__name__}": _items_to_json(value)}
    if found := _tag_of(kind):
        tag, write, _read = found
        return {f"${tag}": write(value)}
    if kind is PATH:
        return {"$path": value.as_posix()}
    if kind is DataPath:
        return {"$data": str(value)}
    if kind is Member:
        return {"$enum": value.name}
    if isinstance(value, Enum):
        return {"$enum": f"{kind.__module__}:{kind.__qualname__}.{value.name}"}
    raise TypeError(f"a {kind.__name__} is not a plain value")


def _items_to_json(value: Any) -> Json:
    if isinstance(value, dict):
        return [[to_json(key), to_json(item)] for key, item in value.items()]
    items = [to_json(item) for item in value]
    return (
        sorted(items, key=lambda item: (type(item).__name__, str(item)))
        if isinstance(value, set | frozenset)
        else items
    )


def from_json(data: Json, path: str = "$", member: FindMember = imported) -> object:
    """Read a plain value back. Raises GraphFormatError, with ``path`` leading to the fault.

    Members of enums are imported; with :class:`~.members.Member` as ``member``, nothing is.
    """
    if isinstance(data, list):
        return [from_json(item, f"{path}[{index}]", member) for index, item in enumerate(data)]
    if not isinstance(data, dict):
        return data
    if len(data) != 1 or next(iter(data)) not in _READERS:
        raise GraphFormatError(f"expected a value, found an object with the keys {sorted(data)}", path)
    (tag, content) = next(iter(data.items()))
    try:
        return _READERS[tag](content, path, member)
    except GraphFormatError:
        raise
    except Exception as error:
        raise GraphFormatError(f"{content!r} is no {tag[1:]}: {error}", path) from None


def _read_items(data: Json, path: str, member: FindMember) -> list[object]:
    if not isinstance(data, list):
        raise GraphFormatError(f"expected a list, found {data!r}", path)
    return [from_json(item, f"{path}[{index}]", member) for index, item in enumerate(data)]


def _read_dict(data: Json, path: str, member: FindMember) -> dict[object, object]:
    return {from_json(key, path, member): from_json(item, f"{path}[{key!r}]", member) for key, item in data}


def _read_enum(data: Json, _path: str, member: FindMember) -> object:
    if not isinstance(data, str):
        raise TypeError("a member is named by a text")
    return member(data)


_Tag: TypeAlias = tuple[str, Callable[[Any], Json], Callable[[Any], object]]
_TAGS: Mapping[type, _Tag] = {
    bytes: (
        "bytes",
        lambda value: base64.b64encode(value).decode(),
        lambda data: base64.b64decode(data, validate=True),
    ),
    complex: ("complex", lambda value: [repr(value.real), repr(value.imag)], lambda data: complex(*map(float, data))),
    datetime.datetime: ("datetime", datetime.datetime.isoformat, datetime.datetime.fromisoformat),
    datetime.date: ("date", datetime.date.isoformat, datetime.date.fromisoformat),
    datetime.timedelta: (
        "timedelta",
        lambda value: [value.days, value.seconds, value.microseconds],
        lambda data: datetime.timedelta(*data),
    ),
}


def _read_decimal(text: Any) -> object:
    from decimal import Decimal  # few documents have one, and its module takes longer to import than this one

    return Decimal(text)


_DECIMAL: _Tag = ("decimal", str, _read_decimal)


def _tag_of(kind: type) -> _Tag | None:
    """Return how values of a type are written and read, where it is neither JSON's nor ours."""
    if kind in _TAGS:
        return _TAGS[kind]
    decimals = sys.modules.get("decimal")
    return _DECIMAL if decimals is not None and kind is decimals.Decimal else None


_WRITTEN: tuple[_Tag, ...] = (*_TAGS.values(), _DECIMAL)

_READERS: Mapping[str, Callable[[Any, str, FindMember], object]] = {
    "$float": lambda data, _path, _member: float(data),
    "$tuple": lambda data, path, member: tuple(_read_items(data, path, member)),
    "$set": lambda data, path, member: set(_read_items(data, path, member)),
    "$frozenset": lambda data, path, member: frozenset(_read_items(data, path, member)),
    "$dict": _read_dict,
    "$path": lambda data, _path, _member: Path(data),
    "$data": lambda data, _path, _member: DataPath.from_url(data),
    "$enum": _read_enum,
} | {f"${tag}": (lambda data, _path, _member, read=read: read(data)) for tag, _write, read in _WRITTEN}  # type: ignore[misc]

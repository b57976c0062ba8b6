"""Read the text that somebody typed as a value of a parameter's type."""

from __future__ import annotations

import datetime
import json
import types
import typing
from collections import abc
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import Enum
from pathlib import Path, PurePath
from typing import Any

from ...compilers.datapaths import DataPath

_UNIONS = (typing.Union, types.UnionType)
_REPEATED: Mapping[object, Callable[[list[Any]], Any]] = {
    list: list, abc.Sequence: list, abc.Iterable: list, abc.Collection: list, set: set, frozenset: frozenset,
}  # fmt: skip
_TRUE, _FALSE, _NONE = ("true", "yes", "on", "1"), ("false", "no", "off", "0"), ("none", "null")


class Unreadable(ValueError):
    """Text is no value of a type. The message says what was expected."""


def read(text: str, hint: Any) -> Any:
    """Return the value that a text stands for. Raises Unreadable."""
    hint = bare(hint)
    choices = choices_of(hint)
    if choices:
        return _chosen(text, choices)
    for kind, reader in _READERS.items():
        if hint is kind or (isinstance(hint, type) and kind is PurePath and issubclass(hint, kind)):
            return _attempt(text, reader, kind)
    if typing.get_origin(hint) in _UNIONS:
        return _read_union(text, typing.get_args(hint))
    return shaped(_from_json(text, hint), hint)


def read_all(texts: tuple[str, ...], hint: Any) -> Any:
    """Return the collection that repeated texts stand for; one text may be the whole of it, as JSON."""
    hint = optional_inner(bare(hint))
    make, item = repeated(hint) or (list, Any)
    if len(texts) == 1 and texts[0].lstrip().startswith("["):
        return shaped(_from_json(texts[0], hint), hint)
    return _made(make, [read(text, item) for text in texts])


def repeated(hint: Any) -> tuple[Callable[[list[Any]], Any], Any] | None:
    """Return how to make a collection of items and their type, for a type whose option may be repeated."""
    hint = optional_inner(bare(hint))
    origin, items = typing.get_origin(hint) or hint, typing.get_args(hint)
    if origin is tuple:
        return (tuple, items[0]) if len(items) == 2 and items[1] is Ellipsis else (tuple, Any) if not items else None
    make = _REPEATED.get(origin)
    return None if make is None else (make, items[0] if items else Any)


def choices_of(hint: Any) -> dict[str, Any]:
    """Return the values that an Enum, a Literal, or one of them or None allows, by the text to type."""
    hint = optional_inner(bare(hint))
    if typing.get_origin(hint) is typing.Literal:
        return {str(value): value for value in typing.get_args(hint)}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {member.name: member for member in hint}
    return {}


def bare(hint: Any) -> Any:
    """Look through Annotated and NewType."""
    while True:
        if isinstance(hint, typing.NewType):
            hint = hint.__supertype__
        elif typing.get_origin(hint) is typing.Annotated:
            hint = hint.__origin__
        else:
            return hint


def optional_inner(hint: Any) -> Any:
    """Return T of ``T | None``; any other type unchanged."""
    if typing.get_origin(hint) not in _UNIONS:
        return hint
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    return bare(options[0]) if len(options) == 1 else hint


def shaped(data: Any, hint: Any) -> Any:
    """Turn JSON data into a value of a type: lists into tuples and sets, texts into paths, dates and enum members."""
    hint = optional_inner(bare(hint))
    if isinstance(data, str):
        return read(data, hint) if _reads_text(hint) else data
    if isinstance(data, list):
        return _shaped_list(data, hint)
    if isinstance(data, dict):
        return _shaped_dict(data, hint)
    return data


def _shaped_list(data: list[Any], hint: Any) -> Any:
    items = typing.get_args(hint)
    if typing.get_origin(hint) is tuple and Ellipsis not in items:
        return tuple(map(shaped, data, items)) if len(items) == len(data) else tuple(data)
    make, item = repeated(hint) or (list, Any)
    return _made(make, [shaped(value, item) for value in data])


def _made(make: Callable[[list[Any]], Any], items: list[Any]) -> Any:
    try:
        return make(items)
    except TypeError:
        raise Unreadable("a set cannot hold lists or objects") from None


def _shaped_dict(data: dict[str, Any], hint: Any) -> Any:
    items = typing.get_args(hint)
    if typing.get_origin(hint) not in (dict, abc.Mapping) or len(items) != 2:
        return data
    return {shaped(key, items[0]): shaped(value, items[1]) for key, value in data.items()}


def _reads_text(hint: Any) -> bool:
    return bool(choices_of(hint)) or (isinstance(hint, type) and issubclass(hint, _WRITTEN_AS_TEXT))


def _read_union(text: str, options: tuple[Any, ...]) -> Any:
    if type(None) in options and text.lower() in _NONE:
        return None
    problems = []
    for option in sorted(options, key=lambda option: option is str):
        try:
            return read(text, option) if option is not type(None) else _none(text)
        except Unreadable as error:
            problems.append(str(error))
    raise Unreadable("; ".join(dict.fromkeys(problems)))


def _none(text: str) -> None:
    raise Unreadable(f"{text!r} is not none")


def _chosen(text: str, choices: Mapping[str, Any]) -> Any:
    if text in choices:
        return choices[text]
    for name, value in choices.items():
        if name.lower() == text.lower() or (isinstance(value, Enum) and str(value.value) == text):
            return value
    raise Unreadable(f"{text!r} is none of {', '.join(choices)}")


def _boolean(text: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise ValueError
    return text.lower() in _TRUE


_NAMES: Mapping[object, str] = {
    bool: "true or false", int: "a whole number", float: "a number", Decimal: "a number", PurePath: "a path",
    DataPath: "a path of data such as datastore://NAME/PATH",
    datetime.date: "a date such as 2026-11-22", datetime.datetime: "a time such as 2026-11-22T20:43:38",
    datetime.timedelta: "a number of seconds", bytes: "text",
}  # fmt: skip

_WRITTEN_AS_TEXT = (PurePath, DataPath, datetime.date, datetime.timedelta, Decimal, bytes)
"""What JSON can only hold as a text."""

_READERS: Mapping[Any, Callable[[str], Any]] = {
    str: str,
    bool: _boolean,
    int: int,
    float: float,
    Decimal: Decimal,
    datetime.datetime: datetime.datetime.fromisoformat,
    datetime.date: datetime.date.fromisoformat,
    datetime.timedelta: lambda text: datetime.timedelta(seconds=float(text)),
    bytes: str.encode,
    DataPath: DataPath.from_url,
    PurePath: lambda text: DataPath.from_url(text) if "://" in text else Path(text).expanduser(),
}


def _attempt(text: str, reader: Callable[[str], Any], kind: Any) -> Any:
    try:
        return reader(text)
    except (ValueError, ArithmeticError):
        raise Unreadable(f"{text!r} is not {_NAMES[kind]}") from None


def _from_json(text: str, hint: Any) -> Any:
    """Read JSON; where anything goes, text that is not JSON stands for itself."""
    try:
        return json.loads(text)
    except ValueError as error:
        if hint is Any or hint is object or isinstance(hint, typing.TypeVar):
            return text
        raise Unreadable(f"{text!r} is not JSON: {error}") from None

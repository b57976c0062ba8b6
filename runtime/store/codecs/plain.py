"""Store plain data as JSON, as long as JSON gives back exactly the same."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from itertools import chain
from math import isfinite
from typing import Any

from ..writing import Packed
from .protocols import MemoryCodec

_FILE = "value.json"
_DEEPEST = 100
"""Levels of nesting; Python's own JSON gives up at about a thousand, with a RecursionError."""

_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""Made once: :func:`json.dumps` makes one for each value, which takes longer than to write a small one."""

_LEAVES = frozenset({type(None), bool, int, float, str})
_BRANCHES = frozenset({list, dict})
_KNOWN = _LEAVES | _BRANCHES


def matches(value: Any) -> bool:
    """Whether a value survives JSON: exact types only, finite numbers, text keys, no list or dict in two places."""
    seen: set[int] = set()
    level: list[Any] = [value]
    for _ in range(_DEEPEST):
        types = set(map(type, level))
        if not types <= _KNOWN or not _leaves_survive(level, types):
            return False
        branches = [item for item in level if type(item) in _BRANCHES] if types & _BRANCHES else []
        if not branches:
            return True
        fresh = set(map(id, branches))
        if len(fresh) < len(branches) or fresh & seen or not all(map(_keys_survive, branches)):
            return False
        seen |= fresh
        level = list(chain.from_iterable(map(_children, branches)))
    return False


def pack(value: Any) -> Packed:
    """Write JSON: compact, UTF-8, in the order of the value."""
    return {_FILE: [_JSON.encode(value).encode()]}


def unpack(files: Mapping[str, memoryview]) -> object:
    """Read JSON."""
    return json.loads(str(files[_FILE], "utf-8"))  # of bytes it would first find out which encoding they have


def is_text(value: str) -> bool:
    """Whether a string is proper Unicode; one with half of a surrogate pair has no UTF-8."""
    try:
        return value.isascii() or bool(value.encode())
    except UnicodeEncodeError:
        return False


def _leaves_survive(items: list[Any], types: set[type]) -> bool:
    if str in types and not all(is_text(item) for item in items if type(item) is str):
        return False
    if not types & {int, float}:
        return True
    try:
        return all(map(isfinite, (item for item in items if type(item) in (int, float))))
    except OverflowError:  # beyond any float; thousands of digits are refused by Python's own JSON
        return False


def _keys_survive(branch: Any) -> bool:
    return type(branch) is list or all(type(key) is str and is_text(key) for key in branch)


def _children(branch: Any) -> Iterable[object]:
    return branch.values() if type(branch) is dict else branch


CODEC = MemoryCodec("json", _FILE, matches, pack, unpack)

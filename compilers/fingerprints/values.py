"""Expand containers, and encode constants, by type and content."""

from __future__ import annotations

import os
import pathlib
import reprlib
import types
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .encoding import joined, scalar, seal, text
from .nodes import Node

if TYPE_CHECKING:
    from .reach import Walker

_DEEPEST = 40
_SHAPED = frozenset({"numpy", "pandas", "torch", "polars"})
_NEVER_PLAIN = frozenset({types.FunctionType, type, types.ModuleType, dict, list})
"""The types of most objects, told apart first."""

_NUMBERS = frozenset({bool, float, type(None)})
_SHOWN = reprlib.Repr()
_SHOWN.maxlevel, _SHOWN.maxstring, _SHOWN.maxother = 3, 120, 120


def plain(walker: Walker, value: object, depth: int = 0) -> bytes | None:
    """Encode a constant, or a tuple or frozen set of constants; None for anything else.

    A text that names a place under the project's root counts relative to it, so that a checkout elsewhere is the same.
    """
    kind = type(value)
    if kind in _NEVER_PLAIN:
        return None
    if kind is str:
        return _placed(walker, value)  # type: ignore[arg-type]  # a str
    if kind in (tuple, frozenset) and depth < _DEEPEST:
        return _plain_items(walker, value, depth)  # type: ignore[arg-type]  # a collection
    return scalar(value)


def _plain_items(walker: Walker, values: tuple[object, ...] | frozenset[object], depth: int) -> bytes | None:
    parts: list[bytes] = []
    for item in values:
        part = plain(walker, item, depth + 1)
        if part is None:
            return None
        parts.append(part)
    return b"(" + joined(parts) if isinstance(values, tuple) else b"{" + joined(sorted(parts))


def _placed(walker: Walker, value: str) -> bytes:
    if not value or not os.path.isabs(value) or "\n" in value or "\0" in value:
        return b"s" + text(value)
    place = walker.ownership.place(value)
    return b"s" + text(value) if place is None else b"p" + text(place)


def summary(value: object) -> str:
    """Show a value in a line for people; only constants and containers show their content, since a ``repr`` may do anything."""
    if type(value) in _NUMBERS:
        return repr(value)
    return _SHOWN.repr(value) if _is_simple(value) else f"a {type(value).__module__}.{type(value).__qualname__}"


def parts(value: object) -> Iterator[tuple[str, str]]:
    """Yield the attributes of an instance that :func:`summary` can show, for people."""
    for name, item in dict(getattr(value, "__dict__", None) or {}).items():
        if _is_simple(item):
            yield f"attribute {name}", summary(item)
    shape = getattr(value, "shape", None) if type(value).__module__.partition(".")[0] in _SHAPED else None
    if shape is not None:
        yield "attribute shape", str(tuple(shape))


def _is_simple(value: object, depth: int = 3) -> bool:
    if scalar(value) is not None or isinstance(value, pathlib.PurePath):
        return True
    if not depth or type(value) not in (tuple, list, dict, set, frozenset):
        return False
    items: Iterable[object] = [*value.keys(), *value.values()] if isinstance(value, dict) else list(value)  # type: ignore[call-overload]  # a collection
    return all(_is_simple(item, depth - 1) for item in items)


def expand_sequence(walker: Walker, node: Node, value: list[object] | tuple[object, ...]) -> None:
    """Fill the node of a list, or of a tuple that holds more than constants."""
    node.kind = type(value).__name__
    node.content = seal(node.kind, _items(walker, node, list(value)))


def expand_mapping(walker: Walker, node: Node, value: Mapping[Any, Any]) -> None:
    """Fill the node of a dict: keys and values in order of insertion."""
    node.kind = "mapping"
    items = [part for item in list(value.items()) for part in item]
    node.content = seal(type(value).__name__, _items(walker, node, items))


def expand_set(walker: Walker, node: Node, value: set[object] | frozenset[object]) -> None:
    """Fill the node of a set: its constants sorted by content, everything else by digest."""
    node.kind = type(value).__name__
    encoded = [(plain(walker, item), item) for item in value]
    constants = sorted(part for part, _ in encoded if part is not None)
    rest = [item for part, item in encoded if part is None]
    node.edges = [walker.node(item) for item in rest]
    node.content = seal(node.kind, joined(constants), b"%d" % len(rest))
    node.unordered = bool(rest)


def _items(walker: Walker, node: Node, items: list[object]) -> bytes:
    """Encode constants in place; anything else becomes an edge."""
    parts: list[bytes] = []
    for item in items:
        part = plain(walker, item)
        if part is None:
            node.edges.append(walker.node(item))
        parts.append(b">" if part is None else b"=" + part)
    return joined(parts)

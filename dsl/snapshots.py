"""Copy the lists, dicts and sets that a call is given, so that changing them later does not reach back."""

from __future__ import annotations

import operator
from typing import Any, final

from .placeholders import Each

_COPIED = (list, dict, set, tuple)


class EachInside(Exception):
    """An ``each(...)`` stands inside of a list, tuple or dict, where nobody would look for it."""


@final
class Snapshots:
    """The copies taken during one recording. What has not changed in between is copied once and stays one object."""

    def __init__(self) -> None:
        self._taken: dict[int, tuple[object, object, list[object]]] = {}

    def take(self, value: Any) -> Any:
        """Return a copy of the built-in containers in a value; everything else in it stays the same object.

        Raises RecursionError for a container that contains itself, and EachInside.
        """
        kind = type(value)
        if kind not in _COPIED:
            if kind is Each:
                raise EachInside
            return value
        if kind is tuple:
            items = [self.take(item) for item in value]
            return value if _are_same(items, value) else tuple(items)
        content = self._content(value)
        earlier = self._taken.get(id(value))
        if earlier is not None and _are_same(earlier[2], content):
            return earlier[1]
        copy = kind(content) if kind is not dict else dict(zip(value, content[len(value) :], strict=True))
        self._taken[id(value)] = (value, copy, content)  # holding the value keeps its id from being given to another
        return copy

    def _content(self, value: Any) -> list[object]:
        """List what a container holds; for a dict first the keys, then the values. Members of a set cannot change."""
        if type(value) is dict:
            return [*value, *map(self.take, value.values())]
        return list(value) if type(value) is set else [self.take(item) for item in value]


def _are_same(some: Any, others: Any) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))

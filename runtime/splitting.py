"""Split one stored collection into items that are stored each for itself; runs in a worker, as a step of Penstock's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any, Final

from .errors import RunError

FUNCTION: Final = ("penstock.runtime.splitting", "split")
"""Where :func:`split` is found."""

FINGERPRINT: Final = "penstock-split-1"
"""Identifies the code of :func:`split`; grows when it gives other items for the same collection."""

KEYS: Final = "keys"
"""The output that holds the keys of a dict, or None."""


class Parts(dict[str, object]):
    """What a step returns in several outputs of which only it knows how many there are, by their names."""


def split(collection: Any) -> Parts:
    """Return the items of a collection as outputs ``0``, ``1`` and so on, with the keys of a dict. Raises RunError."""
    keys, items = parts_of(collection)
    return Parts({KEYS: keys} | {str(place): item for place, item in enumerate(items)})


def parts_of(collection: Any) -> tuple[list[object] | None, list[object]]:
    """Return the keys of a dict, else None, and the items of a collection. Raises RunError for what has no items, or no order."""
    if isinstance(collection, Mapping):
        return list(collection), list(collection.values())
    if isinstance(collection, Iterable) and not isinstance(collection, str | bytes | Set):
        return None, list(collection)
    raise RunError(
        f"each(...) goes over the items of a list or dict, and was given a {type(collection).__name__}; "
        "return a list from the step before, or pass the value without each(...)"
    )

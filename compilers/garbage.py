"""Let the cyclic garbage collector look seldom where many objects are made that all stay, and others that do not."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

from ..dsl.garbage import collection_held_back as collection_held_back

_SELDOM: Final = 100_000
"""New objects between two collections where code of the user's runs as well; Python's own number is below a thousand."""


@contextlib.contextmanager
def collection_seldom() -> Iterator[None]:
    """Let the collector look seldom while a pipeline is recorded, whose function may make garbage of its own.

    A threshold that the program has set higher stays.
    """
    first, *others = gc.get_threshold()
    if first == 0 or first >= _SELDOM:  # never, or more seldom still
        yield
        return
    gc.set_threshold(_SELDOM, *others)
    try:
        yield
    finally:
        gc.set_threshold(first, *others)

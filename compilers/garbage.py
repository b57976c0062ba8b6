"""Hold back the cyclic garbage collector while many objects are made that all stay."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

_SELDOM: Final = 100_000
"""New objects between two collections where code of the user's runs as well; Python's own number is below a thousand."""


@contextlib.contextmanager
def collection_held_back() -> Iterator[None]:
    """Make a graph without the collector looking through it again and again: an eighth of the time of a big one.

    Where the program has switched the collector off, it stays off.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        _call_old()
        gc.enable()


def _call_old() -> None:
    """Let all that was made count as old at once: the next look at what is young would go through the whole graph in vain.

    What a program has frozen itself stays so.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()


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

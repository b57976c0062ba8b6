"""Keep what the loop of a run is told, by its executor, its steps and whoever stops it, until the loop takes it in."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from typing import Final, TypeAlias, Union, final

from attrs import frozen

from .events import Event
from .tasks import Outcome

_SILENCE: Final = 0.03
"""Seconds after which nothing more comes in a moment: several times what a tiny step takes."""

_LAST_MOMENT: Final = 0.15
"""Seconds that a moment has at most."""


@frozen
class Ended:
    """A task has ended, or was given back by an executor: then it has no ``outcome``.

    ``executors`` is how many executors the run had had before the one that it was given to.
    """

    step: str
    outcome: Outcome | None
    executors: int


@frozen
class Cancel:
    """Somebody wants the run to stop."""

    reason: str


@frozen
class BrokenOff:
    """What listens to the run wants the whole program to end: the loop raises its ``error``."""

    error: BaseException


@frozen
class Woken:
    """There is nothing to take in: the loop is only to wait no longer."""


Message: TypeAlias = Union[Ended, Cancel, BrokenOff, Woken, Event]


@final
class Messages:
    """What was told and not taken in yet. Telling is for any thread."""

    def __init__(self) -> None:
        self._told: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.put = self._told.put
        self.empty = self._told.empty

    def take(self, wait: float | None = 0.0) -> Message | None:
        """Return the next one, or None where none comes in so many seconds; ``wait`` None is for as long as it takes."""
        if wait == 0.0 and self._told.empty():
            return None  # an exception takes ten times as long
        try:
            return self._told.get(timeout=wait)
        except queue.Empty:
            return None

    def wake(self) -> None:
        """Let the loop go on, if it waits; callable from a handler of signals."""
        self._told.put(Woken())

    def left(self, wait: float = 0.0) -> Iterator[Ended | Event]:
        """Yield what is there, and what comes after at most so many seconds of silence, but for wishes that the run may end."""
        while (message := self.take(wait)) is not None:
            if not isinstance(message, Cancel | BrokenOff | Woken):
                yield message

    def in_a_moment(self) -> Iterator[Ended | Event]:
        """Yield what is there, and what tiny steps say that end by themselves."""
        deadline = time.monotonic() + _LAST_MOMENT
        for message in self.left(_SILENCE):
            yield message
            if time.monotonic() > deadline:
                return

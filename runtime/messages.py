"""Keep what the loop of a run is told, by its executor, its steps and whoever stops it, until the loop takes it in."""

from __future__ import annotations

import threading
import time
from collections import deque
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
    """What was told and not taken in yet. Telling is for any thread, and for handlers of signals.

    A queue.SimpleQueue is not used: a signal that comes just when a wait is over makes its ``get`` wait for ever, up to Python 3.12.
    """

    def __init__(self) -> None:
        self._told: deque[Message] = deque()
        self._silence = threading.Lock()
        self._silence.acquire()

    def put(self, message: Message) -> None:
        """Tell something."""
        self._told.append(message)
        self._break_silence()

    def empty(self) -> bool:
        """Say whether there is nothing to take in."""
        return not self._told

    def take(self, wait: float | None = 0.0) -> Message | None:
        """Return the next one, or None where none comes in so many seconds; ``wait`` None is for as long as it takes."""
        if not self._told and wait != 0.0:
            self._await(wait)
        return self._told.popleft() if self._told else None

    def _await(self, wait: float | None) -> None:
        """Wait until something is told, for at most so many seconds: silence may have been broken for what was taken since."""
        deadline = None if wait is None else time.monotonic() + wait
        while not self._told:
            left = -1.0 if deadline is None else deadline - time.monotonic()
            if deadline is not None and left <= 0.0:
                return
            self._silence.acquire(timeout=left)

    def _break_silence(self) -> None:
        try:
            self._silence.release()
        except RuntimeError:  # it is broken
            return

    def wake(self) -> None:
        """Let the loop go on, if it waits; callable from a handler of signals."""
        self.put(Woken())

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

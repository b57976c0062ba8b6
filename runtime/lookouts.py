"""Look regularly at what goes on, from a thread that sleeps while nothing does."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, final

_PAUSE: Final = 0.2
"""Seconds between two looks."""


@final
class Lookout:
    """Calls ``look`` now and then between ``begin`` and ``end``, once it has been started. ``name`` is the thread's."""

    def __init__(self, look: Callable[[], object], name: str) -> None:
        self._look = look
        self._name = name
        self._goes_on = False
        self._awake = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Note that something goes on from now on. It wakes the thread only where that has seen nothing go on for a while."""
        self._goes_on = True
        if not self._awake.is_set():
            self._awake.set()

    def end(self) -> None:
        """Note that it has ended."""
        self._goes_on = False

    def start(self) -> None:
        """Start the thread, once. Raises RuntimeError where no thread can be started."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name=self._name, daemon=True)
            self._thread.start()

    def _look_on(self) -> None:
        pause = threading.Event()  # nobody sets it
        while self._awake.wait():
            pause.wait(_PAUSE)
            self._look()
            self._awake.clear()
            if self._goes_on:  # also what has begun just before it was cleared
                self._awake.set()

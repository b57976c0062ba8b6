"""Choose how to show a run, and tell the view what happens, in a thread of its own."""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
from typing import IO, Literal, Protocol, TypeAlias, final

from .. import terminal
from ..events import Event, RunEnded

Mode: TypeAlias = Literal["auto", "tree", "lines", "none"]


class View(Protocol):
    """Something that shows a run. All its methods are called from one thread."""

    def take(self, event: Event, /) -> None: ...
    def draw(self, now: float, /) -> float: ...
    def finish(self, now: float, /) -> None: ...


class Display(Protocol):
    """A listener that shows a run until it is closed."""

    def __call__(self, event: Event, /) -> None: ...
    def close(self) -> None: ...


def display(mode: Mode = "auto", stream: IO[str] | None = None) -> Display:
    """Return a listener that shows a run on a stream, standard error by default.

    ``auto`` is the live tree on a terminal and plain lines elsewhere. Raises ValueError for an unknown mode.
    """
    chosen = sys.stderr if stream is None else stream
    if mode not in ("auto", "tree", "lines", "none"):
        raise ValueError(f"display={mode!r}: expected 'auto', 'tree', 'lines' or 'none'")
    if mode == "none" or chosen is None:  # a windowed program has no standard error
        return Silent()
    if mode == "tree" or (mode == "auto" and is_live(chosen)):
        return Teller(terminal.Tree(chosen), chosen)
    return Teller(terminal.Lines(chosen), chosen)


def is_live(stream: IO[str]) -> bool:
    """Say whether a stream is a terminal that can move its cursor."""
    try:
        return stream.isatty() and os.environ.get("TERM", "") not in ("dumb", "unknown")
    except ValueError:  # it is closed
        return False


@final
class Silent:
    """Shows nothing."""

    def __call__(self, _event: Event, /) -> None:
        """Take no notice."""

    def close(self) -> None:
        """Do nothing."""


@final
class Teller:
    """Hands events over to a view's own thread: the run never waits for a terminal, and the view needs no lock."""

    def __init__(self, view: View, stream: IO[str]) -> None:
        self._view = view
        self._stream = stream
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._tell, name="penstock-display", daemon=True)

    def __call__(self, event: Event, /) -> None:
        """Pass an event on."""
        self._events.put(event)
        if self._thread.ident is None:
            self._thread.start()

    def close(self) -> None:
        """Wait until everything has been shown. Nothing happens when it is closed already."""
        self._events.put(None)
        if self._thread.ident is not None:
            self._thread.join()

    def _tell(self) -> None:
        try:
            self._show()
        except OSError:  # the terminal has gone: the run goes on unseen
            return
        except ValueError:
            if not self._stream.closed:
                raise

    def _show(self) -> None:
        due = 0.0
        while self._take_until(due):
            due = time.monotonic() + self._view.draw(time.time())
        self._view.finish(time.time())

    def _take_until(self, due: float) -> bool:
        """Take events in until a moment; False says that no more will come."""
        while True:
            try:
                event = self._events.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                return True
            if event is not None:
                self._view.take(event)
            if event is None or isinstance(event, RunEnded):
                return False

"""Hold a log to a size: keep how it began and how it ends, and say in between how much was left out.

A step's process, its children and C code write straight into the file, so nobody can count. It is looked at while the
step runs, and once more when the step has ended.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from typing import Final, final

from .lookouts import Lookout

KEPT: Final = 8 * 1024 * 1024
"""Bytes that are kept of the beginning of a log, and at most as many of its end."""

_SLACK: Final = 2 * KEPT
"""Bytes by which a log may be longer while its step runs, so that its end is copied now and then only."""

_LONGEST_WORDS: Final = 1024
"""Bytes; more than what is said about the part that was left out."""

_LOOKS: Final = 5
"""How often to look for what was written while the end was read, which takes less time each time."""

_AT_A_TIME: Final = 1024 * 1024
"""Bytes of what was written meanwhile that are moved at once."""

_LONGEST_LINE: Final = 64 * 1024
"""Bytes within which the kept end looks for the beginning of a line."""


@final
class LogLimit:
    """Holds one log after another to a size. A log is a descriptor that is open for appending and for reading."""

    def __init__(self, kept: int = KEPT, slack: int = _SLACK) -> None:
        self._kept = kept
        self._slack = slack
        self._log: int | None = None
        self._left_out = 0
        self._changing = threading.Lock()
        self._lookout = Lookout(self.look, "penstock-log")
        self._on_first: Callable[[], object] | None = None

    def begin(self, log: int, on_first: Callable[[], object] | None = None) -> None:
        """Hold this log to its size from now on; ``on_first`` is called, from any thread, when there is something in it."""
        with self._changing:
            self._log, self._left_out, self._on_first = log, 0, on_first
        self._lookout.begin()

    def look(self) -> None:
        """Cut the log where it is too long by now."""
        with self._changing:
            self._trim(self._slack)

    def end(self) -> None:
        """Bring the log to its final size, and look at it no more."""
        self._lookout.end()
        with self._changing:
            self._trim(0)
            self._log = None

    def watch(self) -> None:
        """Look regularly, from a thread that is started once and sleeps while there is no log."""
        self._lookout.start()

    def _trim(self, slack: int) -> None:
        """Cut the log where it is too long. On a full disk it may lose its end: no step fails for that."""
        if self._log is None:
            return
        with contextlib.suppress(OSError):
            size = os.fstat(self._log).st_size
            if size and self._on_first is not None:
                act, self._on_first = self._on_first, None
                with contextlib.suppress(OSError):  # somebody has removed the folder
                    act()
            if size > 2 * self._kept + _LONGEST_WORDS + slack:
                self._left_out = cut(self._log, self._kept, self._left_out)


def cut(log: int, kept: int = KEPT, left_out: int = 0) -> int:
    """Leave out the middle of a log, and return how many bytes of output are left out by now.

    ``left_out`` is how many were before: the words about them are replaced. What others write meanwhile stays, but for
    what comes in the microsecond between the last look and the cut.
    """
    size = os.fstat(log).st_size
    words = len(_words(left_out, kept)) if left_out else 0
    end = _from_line(os.pread(log, kept, size - kept))
    left_out += size - kept - words - len(end)
    _move(log, kept, size, _words(left_out, kept) + end)
    return left_out


def _move(log: int, position: int, size: int, data: bytes) -> None:
    """Put data at a position, after it what is behind ``size``, which others make grow, and cut off the rest."""
    try:
        writer = os.open(f"/proc/self/fd/{log}", os.O_WRONLY)  # what is open for appending writes nowhere else
    except OSError:  # not Linux: what is written meanwhile comes before the data
        os.ftruncate(log, position)
        _write(log, data)
        return
    try:
        while data:
            view = memoryview(data)
            while view:
                written = os.pwrite(writer, view, position)
                view, position = view[written:], position + written
            data = os.pread(log, _AT_A_TIME, size)
            size += len(data)
        os.ftruncate(log, position)
    finally:
        os.close(writer)


def _words(left_out: int, kept: int) -> bytes:
    """Say what was left out, in a text whose length does not depend on how much that is."""
    number = f"{left_out:,}".rjust(20)
    return (
        f"\n[...{number} bytes are left out here: the first and the last {kept:,} bytes of a log are kept; "
        "write into a file what must be whole, and return its Path ...]\n"
    ).encode()


def _from_line(data: bytes) -> bytes:
    """Begin with a line, where one begins soon."""
    return data[data.find(b"\n", 0, _LONGEST_LINE) + 1 :]


def _write(log: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(log, view) :]

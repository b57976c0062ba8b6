"""Hold a log to a size: keep how it began and how it ends, and say in between how much was left out.

A step's process, its children and C code write straight into the file, so nobody can count. It is looked at while the
step runs, and once more when the step has ended.
"""

from __future__ import annotations

import contextlib
import os
import threading
from typing import Final, final

KEPT: Final = 8 * 1024 * 1024
"""Bytes that are kept of the beginning of a log, and at most as many of its end."""

_SLACK: Final = 2 * KEPT
"""Bytes by which a log may be longer while its step runs, so that its end is copied now and then only."""

_LOOK: Final = 0.2
"""Seconds between two looks at the log of a running step."""

_LONGEST_WORDS: Final = 1024
"""Bytes; more than what is said about the part that was left out."""

_LOOKS: Final = 5
"""How often to look for what was written while the end was read, which takes less time each time."""

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
        self._begun = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, log: int) -> None:
        """Hold this log to its size from now on."""
        with self._changing:
            self._log, self._left_out = log, 0
        self._begun.set()

    def look(self) -> None:
        """Cut the log where it is too long by now."""
        self._trim(self._slack)

    def end(self) -> None:
        """Bring the log to its final size, and look at it no more."""
        self._begun.clear()
        self._trim(0)
        with self._changing:
            self._log = None

    def watch(self) -> None:
        """Look regularly, from a thread that is started once and sleeps while there is no log."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="penstock-log", daemon=True)
            self._thread.start()

    def _look_on(self) -> None:
        pause = threading.Event()  # nobody sets it
        while self._begun.wait():
            pause.wait(_LOOK)
            self.look()

    def _trim(self, slack: int) -> None:
        """Cut the log where it is too long. On a full disk it may lose its end: no step fails for that."""
        with self._changing, contextlib.suppress(OSError):
            if self._log is not None and os.fstat(self._log).st_size > 2 * self._kept + _LONGEST_WORDS + slack:
                self._left_out = cut(self._log, self._kept, self._left_out)


def cut(log: int, kept: int = KEPT, left_out: int = 0) -> int:
    """Leave out the middle of a log, and return how many bytes of output are left out by now.

    ``left_out`` is how many were before: the words about them are replaced. What others write in the moment between
    the last look and the cut is lost, and not counted.
    """
    size = os.fstat(log).st_size
    end = os.pread(log, kept, size - kept)
    for _ in range(_LOOKS):
        new = os.pread(log, kept, size)
        if not new:
            break
        size += len(new)
        end += new
    end = _from_line(end[-kept:])
    words = len(_words(left_out, kept)) if left_out else 0
    left_out += size - kept - words - len(end)
    os.ftruncate(log, kept)
    _write(log, _words(left_out, kept) + end)
    return left_out


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

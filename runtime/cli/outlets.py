"""Let a command go on to its end, and tell its own exit code, when what it prints cannot be written any more."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from typing import IO, Any, Final, final

_NOBODY_READS: Final = frozenset({errno.EPIPE, errno.EIO, errno.EBADF})
"""What is said of a pipe whose reader has gone, as ``head`` goes, of a terminal that was closed, and of a closed file."""


@final
class Outlet(io.FileIO):
    """A file to print into. What cannot be written is dropped; ``lost`` is why."""

    lost: OSError | None = None

    def write(self, data: Any, /) -> int:
        """Write all of some bytes, or nothing from the first time on that this fails."""
        size = memoryview(data).nbytes
        if self.lost is None:
            try:
                return self._write_some(data)
            except OSError as error:
                self.lost = error
        return size

    def _write_some(self, data: Any) -> int:
        """Write some of it, however long that takes: whoever started the command may have made the file one that does not wait."""
        while (written := super().write(data)) is None:
            select.select([], [self], [])
        return int(written)


def nobody_reads(stream: IO[str] | None) -> bool:
    """Say whether nobody reads what a stream is given."""
    outlet = _outlet_of(stream)
    return outlet is not None and outlet.lost is not None and outlet.lost.errno in _NOBODY_READS


def unwritten(stream: IO[str] | None) -> str:
    """Return why some of what was printed into a stream is not there though it will be read, as on a full disk; else nothing."""
    outlet = _outlet_of(stream)
    if outlet is None or stream is None:
        return ""
    stream.flush()
    return "" if outlet.lost is None or nobody_reads(stream) else f"not all could be printed: {outlet.lost.strerror}"


@contextlib.contextmanager
def outlets() -> Iterator[None]:
    """Print into outlets inside. Streams that were closed before the command began print nowhere.

    A file that is opened later must not get the number of one of the three: it would be printed into. Other streams than those
    that the process began with, such as those of a test, stay.
    """
    usual = sys.stdout, sys.stderr
    if os.name == "posix":
        _open_missing()
        sys.stdout, sys.stderr = (
            _into_outlet(sys.stdout, sys.__stdout__, 1),
            _into_outlet(sys.stderr, sys.__stderr__, 2),
        )
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(ValueError, AttributeError):
                stream.flush()
        sys.stdout, sys.stderr = usual


def _open_missing() -> None:
    """Open the numbers 0 to 2 where nothing is, for the processes that are started too."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(number, True)
    os.close(number)


def _into_outlet(stream: Any, original: Any, number: int) -> Any:
    if stream is not original:
        return stream
    settings: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "line_buffering": True}
    if stream is not None:
        settings = {name: getattr(stream, name) for name in (*settings, "write_through")}
    return io.TextIOWrapper(io.BufferedWriter(Outlet(number, "wb", closefd=False)), **settings)


def _outlet_of(stream: IO[str] | None) -> Outlet | None:
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, Outlet) else None

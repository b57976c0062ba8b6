"""Write what a step prints, logs and warns into its log file, while it runs."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO

from .trimming import LogLimit

if TYPE_CHECKING:
    import logging

    from _typeshed import SupportsWrite

_OFTEN: Final = 1024 * 1024
"""Characters after which Python's own output is looked at for its size."""

_LIMIT: Final = LogLimit()


@contextmanager
def process_output(path: Path) -> Iterator[None]:
    """Send this process's standard output and error to a file: also what C code, a crash and child processes write.

    The file is held to a size; see :mod:`.trimming`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    _LIMIT.begin(log)
    _LIMIT.watch()
    kept = [os.dup(1), os.dup(2)]
    _flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    streams, sys.stdout, sys.stderr = (sys.stdout, sys.stderr), _line_writer(1), _line_writer(2)
    try:
        with logging_shown(sys.stderr):
            yield
    finally:
        _flush()
        sys.stdout, sys.stderr = streams
        for descriptor, original in zip((1, 2), kept, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
        _LIMIT.end()
        os.close(log)


@contextmanager
def python_output(path: Path) -> Iterator[None]:
    """Copy what Python prints in this process to a file, and still show it: for steps that run in the driver.

    The file is held to a size; see :mod:`.trimming`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    limit = LogLimit()
    with path.open("a+", encoding="utf-8", errors="backslashreplace") as log:
        limit.begin(log.fileno())
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = (_Both(stream, log, limit) for stream in streams)
        try:
            with logging_copied(log), logging_shown(sys.stderr):
                yield
        finally:
            sys.stdout, sys.stderr = streams
            log.flush()
            limit.end()


@contextmanager
def logging_shown(stream: SupportsWrite[str]) -> Iterator[None]:
    """Show log records from INFO upward on a stream, as long as nobody sets up logging: a step may do that too."""
    import logging

    root = logging.getLogger()
    if root.handlers:
        yield
        return
    last, level = logging.lastResort, root.level
    logging.lastResort = _handler(stream)
    root.setLevel(min(level, logging.INFO))
    try:
        yield
    finally:
        logging.lastResort = last
        if not root.handlers:
            root.setLevel(level)


@contextmanager
def logging_copied(log: TextIO) -> Iterator[None]:
    """Copy log records to a file where the program has set up logging itself: its handlers have their own streams."""
    import logging

    root = logging.getLogger()
    if not root.handlers:
        yield
        return
    handler = _handler(log)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)


def _handler(stream: SupportsWrite[str]) -> logging.Handler:
    import logging

    handler = logging.StreamHandler(stream)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    return handler


class _Both(io.TextIOBase):
    """A text stream that writes to two others, of which the second is a log of limited size."""

    def __init__(self, shown: TextIO, log: TextIO, limit: LogLimit) -> None:
        self._shown = shown
        self._log = log
        self._limit = limit
        self._written = 0

    def write(self, text: str) -> int:
        self._log.write(text)
        self._written += len(text)
        if "\n" in text:
            self._log.flush()
        if self._written > _OFTEN:
            self._log.flush()
            self._limit.look()
            self._written = 0
        return self._shown.write(text)

    def flush(self) -> None:
        self._log.flush()
        self._shown.flush()

    @property
    def buffer(self) -> BinaryIO:
        """The shown stream's bytes: what is written here is not text, and is not copied."""
        return self._shown.buffer

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute there
        return self._shown.encoding

    def isatty(self) -> bool:
        return self._shown.isatty()

    def fileno(self) -> int:
        return self._shown.fileno()


def _line_writer(descriptor: int) -> TextIO:
    return io.TextIOWrapper(
        io.FileIO(descriptor, "w", closefd=False), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):  # a step may have closed it
            continue

"""Write what a step prints, logs and warns into its log file, while it runs."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, TextIO, final

from .logfiles import Spare
from .trimming import LogLimit

if TYPE_CHECKING:
    import logging

    from _typeshed import SupportsWrite

_OFTEN: Final = 1024 * 1024
"""Characters after which Python's own output is looked at for its size."""

_LIMIT: Final = LogLimit()

_whatever_it_is: Final = suppress(Exception)
"""A step may have closed a stream, or put anything in its place."""


def process_output(path: str | Path, spares: Path | None = None) -> AbstractContextManager[None]:
    """Send this process's standard output and error to a file: also what C code, a crash and child processes write.

    With ``spares``, a folder on the same file system, a new file is made when there is something in it; see
    :mod:`.logfiles`. Without, what is there already is added to. The file is held to a size; see :mod:`.trimming`.
    """
    return _ToLog(path, spares)


@final
class _ToLog:
    """Standard output and error of this process, led to a file by their descriptors, and log records with them.

    All of it is made anew for each step, since a step may change any of it for good, and put back, so that what is said between
    two steps is in no log.
    """

    def __init__(self, path: str | Path, spares: Path | None) -> None:
        self._path = path
        self._spares = spares

    def __enter__(self) -> None:
        spare = None if self._spares is None else _spare(self._spares)
        self._spare = spare
        self._log = _opened(self._path) if spare is None else spare.descriptor
        _LIMIT.begin(self._log, None if spare is None else functools.partial(spare.become, self._path))
        _LIMIT.watch()
        self._kept = [os.dup(1), os.dup(2)]
        _flush()
        os.dup2(self._log, 1)
        os.dup2(self._log, 2)
        self._streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = _line_writer(1), _line_writer(2)
        self._shown = LoggingShown(sys.stderr, for_good=True)
        self._shown.__enter__()

    def __exit__(self, *_: object) -> None:
        self._shown.__exit__()
        _flush()
        sys.stdout, sys.stderr = self._streams
        for descriptor, original in enumerate(self._kept, 1):
            os.dup2(original, descriptor)
            os.close(original)
        _LIMIT.end()
        if self._spare is None or self._spare.named:
            os.close(self._log)


def leave() -> None:
    """Give what was written its name, and remove an empty spare file: this process is about to end."""
    _LIMIT.look()
    if _SPARES:
        _SPARES[-1].remove()


_SPARES: list[Spare] = []
"""The spare file of this process, if it has one."""


def _spare(folder: Path) -> Spare:
    """Return the spare file of this process in a folder."""
    current = _SPARES[-1] if _SPARES else None
    if current is None or current.named or current.folder != folder or current.process != os.getpid():
        _SPARES[:] = [Spare(folder)]
    return _SPARES[-1]


def _opened(path: str | Path) -> int:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)


@contextmanager
def python_output(path: str | Path) -> Iterator[None]:
    """Copy what Python prints in this process to a file, and still show it: for steps that run in the driver.

    The file is made when there is something to write, and held to a size; see :mod:`.trimming`.
    """
    log = _Log(Path(path))
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Both(stream, log) for stream in streams)
    try:
        with logging_copied(log), LoggingShown(sys.stderr):
            yield
    finally:
        sys.stdout, sys.stderr = streams
        log.close()


@final
class _Log:
    """A text file of limited size that is opened by the first write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._limit = LogLimit()
        self._file: TextIO | None = None
        self._written = 0

    def write(self, text: str) -> int:
        if self._file is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+", encoding="utf-8", errors="backslashreplace")
            self._limit.begin(self._file.fileno())
        self._file.write(text)
        self._written += len(text)
        if "\n" in text:
            self._file.flush()
        if self._written > _OFTEN:
            self._file.flush()
            self._limit.look()
            self._written = 0
        return len(text)

    def flush(self) -> None:
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        if self._file is not None:
            self._file.flush()
            self._limit.end()
            self._file.close()


@final
class LoggingShown:
    """Shows log records from INFO upward on a stream, as long as nobody sets up logging: a step may do that too.

    ``for_good`` leaves the level there, in a process that does nothing else: to change it takes longer than a small step.
    """

    def __init__(self, stream: SupportsWrite[str], *, for_good: bool = False) -> None:
        self._stream = stream
        self._for_good = for_good

    def __enter__(self) -> None:
        import logging

        root = logging.root
        self._is_ours = not root.handlers
        if not self._is_ours:
            return
        level, shown = root.level, min(root.level, logging.INFO)
        self._last, self._before = logging.lastResort, shown if self._for_good else level
        logging.lastResort = _handler(self._stream)
        if level != shown:
            root.setLevel(shown)

    def __exit__(self, *_: object) -> None:
        import logging

        if not self._is_ours:
            return
        logging.lastResort = self._last
        root = logging.root
        if not root.handlers and root.level != self._before:
            root.setLevel(self._before)


@contextmanager
def logging_copied(log: SupportsWrite[str]) -> Iterator[None]:
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
    """Make a handler like the first one, which takes a quarter of the time: it has its lock, which no fork finds taken."""
    first = _first_handler()
    handler = object.__new__(type(first))
    handler.__dict__.update(vars(first), stream=stream, filters=[])
    return handler


@functools.cache
def _first_handler() -> logging.Handler:
    import logging

    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    return handler


class _Both(io.TextIOBase):
    """A text stream that writes to two others, of which the second is a log."""

    def __init__(self, shown: TextIO, log: _Log) -> None:
        self._shown = shown
        self._log = log

    def write(self, text: str) -> int:
        self._log.write(text)
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
        with _whatever_it_is:
            stream.flush()

"""Write what a step prints, logs and warns into its log file, while it runs."""

from __future__ import annotations

import functools
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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


@contextmanager
def process_output(path: Path, spares: Path | None = None) -> Iterator[None]:
    """Send this process's standard output and error to a file: also what C code, a crash and child processes write.

    With ``spares``, a folder on the same file system, the file is made when there is something in it; see
    :mod:`.logfiles`. Then, if a step has said nothing, everything stays as it is for the next one. The file is held to a size; see
    :mod:`.trimming`.
    """
    led = _LED.pop() if _LED else None
    if led is not None and not led.suits(path, spares):
        led.end()
        led = None
    led = led or _Led(path, spares)
    led.begin(path)
    try:
        yield
    finally:
        _flush()
        _LIMIT.end()
        if led.is_untouched:
            _LED.append(led)
        else:
            led.end()


@final
class _Led:
    """Standard output and error of this process, led to a log or to a spare file, and log records with them."""

    def __init__(self, path: Path, spares: Path | None) -> None:
        import logging

        self._spare = None if spares is None or os.name != "posix" or path.exists() else _spare(spares)
        self._log = _opened(path) if self._spare is None else self._spare.descriptor
        self._kept = [os.dup(1), os.dup(2)]
        _flush()
        os.dup2(self._log, 1)
        os.dup2(self._log, 2)
        self._streams = sys.stdout, sys.stderr
        self._own = sys.stdout, sys.stderr = _line_writer(1), _line_writer(2)
        self._shown = logging_shown(sys.stderr, for_good=True)
        self._shown.__enter__()
        self._root = logging.getLogger()
        self._logging = logging.lastResort, self._root.level, len(self._root.handlers)

    def begin(self, path: Path) -> None:
        """Lead what comes from now on to the log of that path."""
        spare = self._spare
        if spare is not None and os.fstat(self._log).st_size:
            os.ftruncate(self._log, 0)  # who said it, between two steps, belongs to none
        _LIMIT.begin(self._log, None if spare is None else functools.partial(spare.become, path))
        _LIMIT.watch()

    def suits(self, path: Path, spares: Path | None) -> bool:
        """Say whether this may stay as it is for a log in that folder of spare files."""
        return self._spare is not None and self._spare is _spare_in(spares) and not os.path.exists(path)  # noqa: PTH110 - in half the time

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was written, and nobody has put anything in the place of what leads here."""
        import logging

        if self._spare is None or self._spare.named or (sys.stdout, sys.stderr) != self._own:
            return False
        if self._logging != (logging.lastResort, self._root.level, len(self._root.handlers)):
            return False
        try:
            files = {(status.st_dev, status.st_ino) for status in map(os.fstat, (1, 2, self._log))}
        except OSError:  # a step has closed one
            return False
        return len(files) == 1 and not any(stream.closed for stream in self._own)

    def end(self) -> None:
        """Put everything back in its place."""
        self._shown.__exit__(None, None, None)
        sys.stdout, sys.stderr = self._streams
        for descriptor, original in zip((1, 2), self._kept, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
        if self._spare is None or self._spare.named:
            os.close(self._log)


_LED: list[_Led] = []
"""What has stayed as it was when the last step ended."""


def leave() -> None:
    """Give what was written its name, and remove an empty spare file: this process is about to end."""
    _LIMIT.look()
    while _LED:
        _LED.pop().end()
    if _SPARES:
        _SPARES[-1].remove()


_SPARES: list[Spare] = []
"""The spare file of this process, if it has one."""


def _spare(folder: Path) -> Spare:
    """Return the spare file of this process in a folder."""
    current = _spare_in(folder)
    if current is None or current.named:
        _SPARES[:] = [Spare(folder)]
    return _SPARES[-1]


def _spare_in(folder: Path | None) -> Spare | None:
    current = _SPARES[-1] if _SPARES else None
    return current if current and current.path.parent == folder and current.process == os.getpid() else None


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)


@contextmanager
def python_output(path: Path) -> Iterator[None]:
    """Copy what Python prints in this process to a file, and still show it: for steps that run in the driver.

    The file is made when there is something to write, and held to a size; see :mod:`.trimming`.
    """
    log = _Log(path)
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (_Both(stream, log) for stream in streams)
    try:
        with logging_copied(log), logging_shown(sys.stderr):
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


@contextmanager
def logging_shown(stream: SupportsWrite[str], *, for_good: bool = False) -> Iterator[None]:
    """Show log records from INFO upward on a stream, as long as nobody sets up logging: a step may do that too.

    ``for_good`` leaves the level there, in a process that does nothing else: to change it takes longer than a small step.
    """
    import logging

    root = logging.getLogger()
    if root.handlers:
        yield
        return
    last, level = logging.lastResort, root.level
    shown = min(level, logging.INFO)
    logging.lastResort = _handler(stream)
    if level != shown:
        root.setLevel(shown)
    before = shown if for_good else level
    try:
        yield
    finally:
        logging.lastResort = last
        if not root.handlers and root.level != before:
            root.setLevel(before)


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
    import logging

    handler = logging.StreamHandler(stream)
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
        with suppress(Exception):  # a step may have closed it, or put anything in its place
            stream.flush()

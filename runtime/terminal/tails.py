"""Read the logs of a run line by line while they are written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeAlias, final

from ..history.records import StepRecord

LogLine: TypeAlias = tuple[str, str]
"""The id of a step, and a line of its log without its end."""


def log_path(folder: Path, step: StepRecord) -> Path:
    """Return the file of a step's log, which need not be there."""
    return folder / (step.log or f"logs/{step.id}.log")


def is_newer(path: Path, since: float | None) -> bool:
    """Say whether a log is there and was written to after a moment; without one, whether it is there."""
    try:
        return path.stat().st_mtime >= (since or 0.0)
    except OSError:
        return False


@final
class Tails:
    """The logs of a run, each from where it was read to the last time.

    A line comes when it is whole. What was overwritten on it with carriage returns, as progress bars do, is left out. Logs
    last written before ``since`` (seconds since the epoch) are passed over as they stand.
    """

    def __init__(self, folder: Path, since: float | None = None) -> None:
        self._folder = folder
        self._since = since
        self._positions: dict[str, int] = {}
        self._begun: dict[str, bytes] = {}

    def read(self, steps: Iterable[StepRecord], *, to_the_end: bool = False) -> Iterator[LogLine]:
        """Yield what is new, step by step; with ``to_the_end`` also the lines that nobody has ended."""
        for step in steps:
            *lines, rest = (self._begun.pop(step.id, b"") + self._new(step)).split(b"\n")
            yield from ((step.id, _text(line)) for line in lines)
            if rest and to_the_end:
                yield step.id, _text(rest)
            elif rest:
                self._begun[step.id] = rest

    def _new(self, step: StepRecord) -> bytes:
        path = log_path(self._folder, step)
        position = self._positions.get(step.id)
        try:
            size = path.stat().st_size
        except OSError:  # it has printed nothing so far
            return b""
        if position is None:
            position = 0 if is_newer(path, self._since) else size
        if size <= position:
            self._positions[step.id] = position
            return b""
        with path.open("rb") as log:
            log.seek(position)
            data = log.read()
            self._positions[step.id] = log.tell()
        return data


def _text(line: bytes) -> str:
    shown = line.rstrip(b"\r").rpartition(b"\r")[2]
    return shown.decode("utf-8", "replace")

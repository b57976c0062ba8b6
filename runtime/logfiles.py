"""Give a step's log its name when there is something in it: most steps say nothing, and making a file takes longer than they do.

A worker writes into a spare file of its own. As soon as there is something in it, it becomes the log of the step that
runs; otherwise the next step writes into it. Where a worker has died, its driver does the same with what it has left.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, final

_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND
"""How a log is opened: for appending, and for reading, since its end is copied where it is too long."""


@final
class Spare:
    """An open file that waits for something to be written into it. ``named`` tells whether it has become a log."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = _spare(folder, os.getpid())
        self.process = os.getpid()
        self.named = False
        self.descriptor = _opened(self.path)

    def become(self, log: str | Path) -> None:
        """Make it the log of that path. Raises OSError where that cannot be."""
        if not self.named:
            _rename(self.path, Path(log))
            self.named = True

    def remove(self) -> None:
        """Remove it, where it has become no log."""
        if not self.named:
            self.path.unlink(missing_ok=True)


def recover(folder: Path, worker: int, log: str | None) -> None:
    """Take what a worker has left in a run's folder: it becomes the log of the step that it was at, if it was at one."""
    spare = _spare(folder, worker)
    with contextlib.suppress(OSError):
        if log is None or not spare.stat().st_size or (folder / log).exists():
            spare.unlink(missing_ok=True)
        else:
            _rename(spare, folder / log)


def _opened(spare: Path) -> int:
    """Open a file for appending and reading; its folder is made where it is missing, which takes as long to find out."""
    try:
        return os.open(spare, _FLAGS, 0o644)
    except FileNotFoundError:
        spare.parent.mkdir(parents=True, exist_ok=True)
        return os.open(spare, _FLAGS, 0o644)


def _rename(spare: Path, log: Path) -> None:
    try:
        spare.rename(log)
    except FileNotFoundError:  # of the folder: most steps are not the first that says something
        log.parent.mkdir(parents=True, exist_ok=True)
        spare.rename(log)


def _spare(folder: Path, worker: int) -> Path:
    return folder / f".spare-{worker}.log"

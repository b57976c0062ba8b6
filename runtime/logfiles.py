"""Give a step's log its name when there is something in it: most steps say nothing, and making a file takes longer than they do.

A worker writes into a spare file of its own. As soon as there is something in it, it becomes the log of the step that
runs; otherwise the next step writes into it. Where a worker has died, its driver does the same with what it has left.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import final


@final
class Spare:
    """An open file that waits for something to be written into it. ``named`` tells whether it has become a log."""

    def __init__(self, folder: Path) -> None:
        self.path = _spare(folder, os.getpid())
        self.process = os.getpid()
        self.named = False
        folder.mkdir(parents=True, exist_ok=True)
        self.descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)

    def become(self, log: Path) -> None:
        """Make it the log of that path. Raises OSError where that cannot be."""
        if not self.named:
            _rename(self.path, log)
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


def _rename(spare: Path, log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    spare.rename(log)


def _spare(folder: Path, worker: int) -> Path:
    return folder / f".spare-{worker}.log"

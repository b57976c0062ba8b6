"""Keep a task while it is in a slot: its bytes, the clock of its time-out, and who is told how it ended."""

from __future__ import annotations

import contextlib
import glob
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeAlias

from attrs import define

from ..store.staging import remove_tree
from ..tasks import Outcome, Task

Finish: TypeAlias = Callable[[Outcome | None], None]
"""Is told how a task ended; None where it was not performed."""


@define(eq=False)
class Attempt:
    """One task in one slot, and the clock of its time-out. What follows in a segment has no ``data``: it went with the first.

    The task is that of ``step``, and ``like`` another one: most of what a segment's steps have is the same.
    """

    step: str
    like: Task
    data: bytes | None
    finish: Finish
    _clock: threading.Timer | None = None
    _began: float | None = None

    @property
    def task(self) -> Task:
        """The task, as far as is known here what its inputs are."""
        return self.like if self.like.step == self.step else self.like.of(self.step, {})

    @property
    def lasted(self) -> float:
        """For how many seconds it has been performed."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def start_clock(self, time_out: Callable[[Attempt], None]) -> None:
        """Start the clock, where the task has a time-out."""
        self._began = self._began or time.monotonic()
        if self.like.options.timeout is None or self._clock is not None:
            return
        self._clock = threading.Timer(self.like.options.timeout, time_out, [self])
        self._clock.daemon = True
        self._clock.start()

    def stop_clock(self) -> None:
        """Stop the clock."""
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def give_back(attempts: Iterable[Attempt]) -> None:
    """Say of tasks that they were not performed."""
    for attempt in attempts:
        attempt.finish(None)


def remove_scratch(task: Task) -> None:
    """Remove the folder of its own (see :class:`..context.StepContext`) that a step had when its process was killed."""
    name = glob.escape(task.step.replace("/", "."))
    for folder in Path(task.run_folder, "scratch").glob(f"{name}-{'?' * 8}"):
        with contextlib.suppress(OSError):
            remove_tree(folder)

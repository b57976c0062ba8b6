"""Hold one worker process: what leads to it, what it is to be sent, and how it is ended."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from attrs import define, field

from ..inboxes import send_all
from ..logfiles import recover
from ..offspring import end_marked
from ..tasks import Task
from .processes import WorkerProcess

_LAST_WORDS: Final = 1.0
"""Seconds to wait for what a worker has sent before it died."""


@define(eq=False)
class WorkerHandle:
    """One process, and what leads to it. It is ``silent`` when nothing more comes from it; ``problem`` is why it was killed.

    One that ``is_dismissed`` is killed because it is to do no more, and its death is mourned by nobody.
    """

    gpus: tuple[str, ...] = ()
    name: str = field(factory=lambda: os.urandom(8).hex())
    process: WorkerProcess | None = None
    connection: Connection | None = None
    run_folder: str | None = None
    silent: threading.Event = field(factory=threading.Event)
    unsent: list[bytes] = field(factory=list)
    problem: str = ""
    variables: Mapping[str, str] = field(factory=lambda: dict(os.environ))
    is_dismissed: bool = False

    @property
    def is_new(self) -> bool:
        """Whether it has had no task yet, and the driver has the variables still with which it was started."""
        return self.run_folder is None and self.variables == dict(os.environ)

    @property
    def pid(self) -> int | None:
        """The process's number."""
        return None if self.process is None else self.process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self.process is not None and self.process.alive

    def flush(self) -> None:
        """Send what was kept back, if the worker has connected."""
        if self.unsent and self.connection is not None:
            with contextlib.suppress(OSError):  # it has just died, and is mourned in a moment
                send_all(self.connection, self.unsent)
            self.unsent.clear()

    def condemn(self) -> None:
        """Begin to end the process and its children, where that can be begun; ``kill`` is to follow."""
        if self.process is not None:
            self.process.condemn()

    def kill(self) -> None:
        """End the process and its children. Not to be called by what is told of its end."""
        if self.process is not None:
            self.process.kill()

    def hear_out(self) -> None:
        """Wait for what the process has sent before it ended."""
        if self.connection is not None:
            self.silent.wait(_LAST_WORDS)

    def tidy(self, task: Task | None) -> None:
        """Give what the process has written its name, if it was at a task, or remove it; it is gone."""
        if self.pid is not None and self.run_folder is not None:
            recover(Path(self.run_folder), self.pid, task.log if task else None)

    def bury(self) -> None:
        """Kill what the process has left behind: its process group, and who left that but bears its mark."""
        if self.pid is not None and hasattr(os, "killpg"):
            with contextlib.suppress(OSError):  # nothing is left
                os.killpg(self.pid, signal.SIGKILL)
        end_marked(self.name)

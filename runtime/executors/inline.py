"""Perform tasks one after the other in the driver's own process: for debuggers, and for the smallest runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

from ..capture import python_output
from ..events import Event
from ..invocation import invoke
from ..tasks import Outcome, Task


class InlineExecutor:
    """Performs a task before ``submit`` returns. A time-out cannot be kept here, and a crash takes the run with it."""

    capacity = 1

    def __init__(self, send: Callable[[Event], None] | None = None) -> None:
        self._send = send

    def submit(self, task: Task) -> Future[Outcome]:
        """Perform a task and return its outcome as a finished future."""
        done: Future[Outcome] = Future()
        done.set_result(invoke(task, python_output, self._send or _ignore))
        return done

    def close(self) -> None:
        """Nothing runs between two calls."""


def _ignore(_event: Event) -> None:
    pass

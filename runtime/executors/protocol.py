"""Say what an executor is: something that performs tasks."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol

from ..tasks import Outcome, Task


class Executor(Protocol):
    """Performs tasks, up to ``capacity`` at a time.

    The future always gets an :data:`~penstock.runtime.tasks.Outcome`: that a worker died or a time-out passed is an
    outcome too. ``close`` stops whatever is still running, with its child processes, and returns when it is gone.
    """

    @property
    def capacity(self) -> int: ...

    def submit(self, task: Task, /) -> Future[Outcome]: ...

    def close(self) -> None: ...

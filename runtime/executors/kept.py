"""Keep worker processes from one run to the next, for whoever runs many small pipelines of the same code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from typing import final

from ...compilers.graph import FunctionRef
from ..events import Event
from ..segments import Segment
from ..tasks import Outcome, Task
from .local import LocalExecutor
from .protocol import Executor, Tell


def _unheard(_event: Event) -> None:
    """Drop what a step reports when its run has ended."""


@final
class KeptWorkers:
    """Up to ``jobs`` worker processes (by default one a processor) for one run after the other.

    They import a module once, so all runs must be of the same code. ``close`` ends them.
    """

    def __init__(self, jobs: int | None = None) -> None:
        self._executor = LocalExecutor(jobs, _unheard)

    def lend(self, report: Callable[[Event], None], *, ahead: bool = True) -> Executor:
        """Return an executor for one run, whose closing stops only the workers that are still busy."""
        self._executor.report_to(report, ahead=ahead)
        return _Lent(self._executor)

    def warm(self) -> None:
        """Start a worker before there is anything to do."""
        self._executor.warm()

    def prime(self, libraries: Sequence[str]) -> None:
        """Have that worker import libraries while it waits; see :mod:`..libraries` for which."""
        self._executor.warm(1, libraries)

    def close(self) -> None:
        """Stop every worker, and the processes that it started."""
        self._executor.close()


@final
class _Lent:
    """Kept workers, in the hands of one run."""

    def __init__(self, executor: LocalExecutor) -> None:
        self._executor = executor

    @property
    def capacity(self) -> int:
        return self._executor.capacity

    def submit(self, task: Task) -> Future[Outcome]:
        return self._executor.submit(task)

    def submit_and_tell(self, task: Task, tell: Tell) -> None:
        self._executor.submit_and_tell(task, tell)

    def warm(self, count: int, libraries: Sequence[str]) -> None:
        self._executor.warm(count, libraries)

    def gathering(self) -> AbstractContextManager[None]:
        return self._executor.gathering()

    def is_quick(self, function: FunctionRef) -> bool:
        return self._executor.is_quick(function)

    def submit_segment(self, segment: Segment, tell: Tell) -> None:
        self._executor.submit_segment(segment, tell)

    def close(self) -> None:
        self._executor.stop_busy()
        self._executor.report_to(_unheard)

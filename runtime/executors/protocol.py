"""Say what an executor is: something that performs tasks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from ...compilers.graph import FunctionRef
from ..failures import Failure
from ..tasks import Failed, Outcome, Task

if TYPE_CHECKING:
    from ..segments import Segment


Tell: TypeAlias = Callable[[str, "Outcome | None"], None]
"""Is told, from any thread, how the step of that id ended; None where it was not begun."""


class NotBegun(Exception):
    """A task was given back by the process that it waited in: nothing of it was done."""


class Executor(Protocol):
    """Performs tasks, up to ``capacity`` at a time.

    The future always gets an :data:`~penstock.runtime.tasks.Outcome`: that a worker died or a time-out passed is an
    outcome too. It raises :class:`NotBegun` where the task shall be submitted once more. ``close`` stops whatever is
    still running, with its child processes, and returns when it is gone.
    """

    @property
    def capacity(self) -> int: ...

    def submit(self, task: Task, /) -> Future[Outcome]: ...

    def close(self) -> None: ...


@runtime_checkable
class TellingExecutor(Executor, Protocol):
    """Tells how a task ended, without a future: to make one, and to ask it, takes as long as to send a tiny step."""

    def submit_and_tell(self, task: Task, tell: Tell, /) -> None: ...


@runtime_checkable
class WarmExecutor(Executor, Protocol):
    """Has processes that take a while to start. ``warm`` sees to it that so many are there or starting, if there can be.

    ``libraries`` are modules that every task imports which may come next.
    """

    def warm(self, count: int, libraries: Sequence[str], /) -> None: ...


@runtime_checkable
class GatheringExecutor(Executor, Protocol):
    """Can send tasks in one go: those that are submitted while ``gathering`` is entered."""

    def gathering(self) -> AbstractContextManager[None]: ...


@runtime_checkable
class SegmentExecutor(Executor, Protocol):
    """Performs segments, too. ``is_quick`` says whether a function is known to take next to no time."""

    def is_quick(self, function: FunctionRef, /) -> bool: ...

    def submit_segment(self, segment: Segment, tell: Tell, /) -> None: ...


def submitting(executor: Executor) -> Callable[[Task, Tell], None]:
    """Return how to give tasks to an executor so that it is told how each ended."""
    return executor.submit_and_tell if isinstance(executor, TellingExecutor) else functools.partial(_submit, executor)


def _submit(executor: Executor, task: Task, tell: Tell) -> None:
    executor.submit(task).add_done_callback(lambda done: tell(task.step, outcome_of(task.step, done)))


def outcome_of(step: str, done: Future[Outcome]) -> Outcome | None:
    """Return how a task ended; None where it was not begun. An executor that has no answer has failed the step."""
    error: BaseException | None = CancelledError() if done.cancelled() else done.exception()
    if error is None:
        return done.result()
    if isinstance(error, NotBegun):
        return None
    return Failed(Failure(step, type(error).__name__, f"the executor gave no outcome: {error}".rstrip(": ")))

"""Keep one worker process a slot: start it, time its tasks, replace it when it dies, and stop all that it started."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from attrs import define, field

from ..errors import StepFailed, StepTimedOut, WorkerDied
from ..failures import describe_end
from ..invocation import perform
from ..tasks import Failed, Outcome, Task
from .pools import alive, start_pool
from .workers import nothing


@define(eq=False)
class Slot:
    """A place for one worker process. Tasks are started and the slot is stopped from one thread, the run's."""

    reports: str
    environment: Mapping[str, str]
    _pool: Any = None
    _attempt: _Attempt | None = None
    _killing: threading.Lock = field(factory=threading.Lock)

    def start(self, task: Task, finish: Callable[[Outcome], None]) -> None:
        """Start a task; ``finish`` is called once, from some thread, with how it ended."""
        attempt = self._attempt = _Attempt(task, self, finish)
        if self._pool is not None and alive(self._pool):
            try:
                self._submit(self._pool, attempt)
                return
            except RuntimeError:  # the worker died between two tasks
                pass
        self._pool = start_pool(self.environment)
        self._submit(self._pool, attempt)

    def _submit(self, pool: Any, attempt: _Attempt) -> None:
        task = attempt.task
        if task.options.timeout is not None:
            # The clock starts when the worker is up: an empty task goes first.
            pool.submit(nothing).add_done_callback(lambda _: attempt.start_timer())
        future = pool.submit(perform, task, self.reports)
        attempt.pid = next(iter(pool._processes), None)
        future.add_done_callback(attempt.end)

    def stop(self) -> None:
        """Kill the worker and its children, and return when they are gone."""
        if self._attempt is not None:
            self._attempt.stop_timer()
        self.kill()

    def kill(self) -> None:
        """Kill the worker and its children; the task that it has fails. Not to be called by a callback of the pool."""
        with self._killing:
            pool, self._pool = self._pool, None
            if pool is not None:
                pool.shutdown(wait=True, kill_workers=True)


@define(eq=False)
class _Attempt:
    """One task in one worker. It ends once: by its result, by the death of its worker, or by its time-out."""

    task: Task
    slot: Slot
    finish: Callable[[Outcome], None]
    pid: int | None = None
    _timer: threading.Timer | None = None
    _over: bool = False
    _ending: threading.Lock = field(factory=threading.Lock)

    def start_timer(self) -> None:
        """Start the clock, unless the task has ended."""
        if self._over or self._timer is not None:
            return
        self._timer = threading.Timer(self.task.options.timeout or 0, self._time_out)
        self._timer.daemon = True
        self._timer.start()

    def stop_timer(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()

    def end(self, done: Future[Outcome]) -> None:
        """Take in what the pool says about the task."""
        if not self._first():
            return
        self.stop_timer()
        error = done.exception()
        if error is None:
            self.finish(done.result())
            return
        _kill_group(self.pid)
        self.finish(_failed(WorkerDied(self.task.step, _cause_of_death(error)), self.task))

    def _time_out(self) -> None:
        if not self._first():
            return
        self.slot.kill()
        limit = f"{self.task.options.timeout:g} s"
        self.finish(
            _failed(
                StepTimedOut(self.task.step, f"it took longer than its time-out of {limit} and was stopped"), self.task
            )
        )

    def _first(self) -> bool:
        """Say whether nothing has ended the attempt before."""
        with self._ending:
            over, self._over = self._over, True
            return not over


def _failed(error: StepFailed, task: Task) -> Failed:
    return Failed(describe_end(error, task))


def _kill_group(pid: int | None) -> None:
    """Kill what a dead worker has left behind: it leads a process group of its own."""
    if pid is not None and hasattr(os, "killpg"):
        with contextlib.suppress(OSError):  # nothing is left
            os.killpg(pid, signal.SIGKILL)


def _cause_of_death(error: BaseException) -> str:
    """Say how a worker ended, by the exit code that loky reports."""
    codes = re.search(r"exit codes of the workers are \{(.*?)\}", str(error), re.DOTALL)
    code = codes[1] if codes else ""
    if "SIGKILL" in code:
        return f"its process was killed ({code}): by the system when memory ran out, or by somebody"
    if re.search("SIGSEGV|SIGBUS|SIGILL|SIGFPE|SIGABRT", code):
        return f"its process crashed in native code ({code}); its log shows where"
    if code:
        return f"its process ended before the step returned ({code}): did it call os._exit()?"
    return f"its process could not take the task or give back the result: {error}"

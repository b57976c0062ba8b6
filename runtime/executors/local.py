"""Perform tasks in processes of this machine, by joblib's loky: one single-worker pool a slot.

A shared pool fails every pending task when one worker dies; with a pool a slot, a crash or a time-out hits one step.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import threading
import time
from concurrent.futures import Future
from typing import Any

from attrs import define, field

from ..failures import Failure, summaries
from ..invocation import perform
from ..tasks import Failed, Outcome, Task

_WATCH = 1.0
"""Seconds between two looks of a worker whether its driver is still there."""


class LocalExecutor:
    """Performs up to ``jobs`` tasks at a time, each in a process of its own that is kept for the next task.

    ``reports`` is the address that steps send their metrics and progress to.
    """

    def __init__(self, jobs: int | None, reports: str) -> None:
        cpus = os.cpu_count() or 1
        self.capacity = jobs or cpus
        threads = max(1, cpus // self.capacity)
        self._slots = [_Slot(reports, threads) for _ in range(self.capacity)]
        self._free = list(reversed(self._slots))
        self._lock = threading.Lock()

    def submit(self, task: Task) -> Future[Outcome]:
        """Start a task in a free slot. Raises RuntimeError when there is none."""
        with self._lock:
            if not self._free:
                raise RuntimeError(f"all {self.capacity} slots are taken")
            slot = self._free.pop()
        outcome: Future[Outcome] = Future()

        def finish(result: Outcome) -> None:
            with self._lock:
                self._free.append(slot)
            outcome.set_result(result)

        slot.start(task, finish)
        return outcome

    def close(self) -> None:
        """Stop every worker, and the processes that it started."""
        for slot in self._slots:
            slot.stop()


@define
class _Slot:
    """A place for one worker process, which is replaced when it dies."""

    reports: str
    threads: int
    _pool: Any = None
    _timer: threading.Timer | None = None
    _timed_out: bool = field(default=False)

    def start(self, task: Task, finish: Any) -> None:
        pool = self._ready_pool()
        self._timed_out = False
        if task.options.timeout is not None:
            # The clock starts when the worker is up: an empty task goes first.
            pool.submit(_nothing).add_done_callback(lambda _: self._start_timer(task.options.timeout))
        future = pool.submit(perform, task, self.reports)
        future.add_done_callback(lambda done: finish(self._outcome(done, task)))

    def stop(self) -> None:
        """Kill the worker and its children."""
        self._stop_timer()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=True)

    def _ready_pool(self) -> Any:
        if self._pool is None:
            from joblib.externals.loky.process_executor import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(
                max_workers=1, initializer=_begin, initargs=(os.getpid(), sys.path), env=_environment(self.threads)
            )
        return self._pool

    def _outcome(self, done: Future[Outcome], task: Task) -> Outcome:
        self._stop_timer()
        error = None if done.cancelled() else done.exception()
        if error is None and not done.cancelled():
            return done.result()
        self._pool = None
        return Failed(_describe_death(error, task, timed_out=self._timed_out))

    def _start_timer(self, seconds: float | None) -> None:
        if seconds is None:
            return
        self._timer = threading.Timer(seconds, self._time_out)
        self._timer.daemon = True
        self._timer.start()

    def _time_out(self) -> None:
        self._timed_out = True
        pool = self._pool
        if pool is not None:
            pool.shutdown(wait=False, kill_workers=True)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _describe_death(error: BaseException | None, task: Task, *, timed_out: bool) -> Failure:
    if timed_out:
        kind, message = (
            "StepTimedOut",
            f"it took longer than its time-out of {task.options.timeout:g} s and was stopped",
        )
    else:
        kind, message = "WorkerDied", _cause_of_death(error)
    return Failure(task.step, kind, message, inputs=summaries(task), attempts=task.attempt)


def _cause_of_death(error: BaseException | None) -> str:
    """Say how a worker ended, by the exit code that loky reports."""
    codes = re.search(r"exit codes of the workers are \{(.*?)\}", str(error), re.DOTALL)
    code = codes[1] if codes else ""
    if "SIGKILL" in code:
        return f"its process was killed ({code}): by the system when memory ran out, or by somebody"
    if "SIGSEGV" in code:
        return f"its process crashed in native code ({code})"
    if code:
        return f"its process ended before the step returned ({code}): did it call os._exit()?"
    return f"its process could not take the task or give back the result: {error}"


def _environment(threads: int) -> dict[str, str]:
    """Hold the threads of numerical libraries, and nested joblib calls, to a slot's share of the processors."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
    return {name: os.environ.get(name, str(threads)) for name in names}


def _nothing() -> None:
    """Show that a worker is up."""


def _begin(driver: int, path: list[str]) -> None:
    """Prepare a worker: import from where the driver does, leave Ctrl-C to it, and go when it goes."""
    sys.path[:] = path
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_watch, args=(driver,), name="penstock-watch", daemon=True).start()


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(_WATCH)
    import psutil

    for child in psutil.Process().children(recursive=True):
        child.kill()
    os._exit(1)

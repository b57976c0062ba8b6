"""Perform tasks in processes of this machine, by joblib's loky: one single-worker pool a slot.

A shared pool fails every pending task when one worker dies; with a pool a slot, a crash or a time-out hits one step.
"""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future

from ..admission import processors
from ..tasks import Outcome, Task
from .slots import Slot


class LocalExecutor:
    """Performs up to ``jobs`` tasks at a time, each in a process of its own that is kept for the next task.

    ``reports`` is the address that steps send their metrics and progress to.
    """

    def __init__(self, jobs: int | None, reports: str) -> None:
        cpus = processors()
        self.capacity = jobs or cpus
        threads = max(1, cpus // self.capacity)
        self._slots = [Slot(reports, _environment(threads)) for _ in range(self.capacity)]
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


def _environment(threads: int) -> dict[str, str]:
    """Hold the threads of numerical libraries, and nested joblib calls, to a slot's share of the processors."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
    return {name: os.environ.get(name, str(threads)) for name in names}

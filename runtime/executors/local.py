"""Perform tasks in processes of this machine: one worker a slot.

A shared pool fails every pending task when one worker dies; with a worker a slot, a crash or a time-out hits one step.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

from ...compilers.graph import FunctionRef
from ..admission import processors
from ..channels import WorkerListener
from ..events import Event
from ..segments import Segment
from ..tasks import Completed, Outcome, Task
from .interpreters import start_interpreter
from .pools import start_pool
from .processes import Start
from .slots import Slot

_TINY: Final = 0.005
"""Seconds; a step that took no longer is not worth waiting for with the next one."""

start_here: Final[Start] = start_interpreter if os.name == "posix" else start_pool
"""How workers are started where nobody says."""


class LocalExecutor:
    """Performs up to ``jobs`` tasks at a time, each in a process of its own that is kept for the next task.

    ``report`` gets the events that running steps send; it is called from any thread. While a slot performs a step that
    is known to take next to no time, one more task is taken for it, unless ``ahead`` is False: tasks that have GPUs of
    their own need a process that is free. ``start`` starts the workers.
    """

    def __init__(
        self, jobs: int | None, report: Callable[[Event], None], *, ahead: bool = True, start: Start = start_here
    ) -> None:
        cpus = processors()
        self._listener: WorkerListener | None = None
        environment = thread_limits(max(1, cpus // (jobs or cpus)))
        self._slots = [Slot(start, self._listen, environment, report) for _ in range(jobs or cpus)]
        self._ahead = ahead
        self._seconds: dict[FunctionRef, float] = {}

    @property
    def capacity(self) -> int:
        """How many tasks may be here now."""
        return len(self._slots) + sum(map(self._has_room, self._slots))

    def submit(self, task: Task) -> Future[Outcome]:
        """Start a task in a free slot. Raises RuntimeError when there is none."""
        outcome: Future[Outcome] = Future()
        self._choose().start(task, functools.partial(self._finish, task, outcome))
        return outcome

    def is_quick(self, function: FunctionRef) -> bool:
        """Say whether a function is known to take next to no time."""
        return self._seconds.get(function, _TINY) < _TINY

    def submit_segment(self, segment: Segment) -> list[Future[Outcome]]:
        """Start a segment in a free slot, and return the outcomes of its steps; see :class:`.protocol.SegmentExecutor`."""
        outcomes = [Future[Outcome]() for _ in segment.links]
        pairs = zip(segment.links, outcomes, strict=True)
        self._choose().start_segment(
            segment, [functools.partial(self._finish, link.task, outcome) for link, outcome in pairs]
        )
        return outcomes

    def _finish(self, task: Task, outcome: Future[Outcome], result: Outcome | None) -> None:
        if result is None:
            outcome.cancel()
            return
        if isinstance(result, Completed):
            self._seconds[task.function] = result.duration
        outcome.set_result(result)

    def close(self) -> None:
        """Stop every worker, and the processes that it started."""
        for slot in self._slots:
            slot.stop()
        if self._listener is not None:
            self._listener.close()

    def report_to(self, report: Callable[[Event], None], *, ahead: bool = True) -> None:
        """Send what running steps report somewhere else from now on: another run begins."""
        self._ahead = ahead
        for slot in self._slots:
            slot.report = report

    def stop_busy(self) -> None:
        """Stop the workers that are at something; the others stay for what comes next."""
        for slot in self._slots:
            if slot.load:
                slot.stop()

    def warm(self, count: int = 1) -> None:
        """Start workers before there is anything for them to do, up to ``count`` in all."""
        for slot in self._slots[:count]:
            slot.warm()

    def _listen(self) -> WorkerListener:
        """Return who hears the workers; a run that needs none opens no socket."""
        self._listener = self._listener or WorkerListener()
        return self._listener

    def _choose(self) -> Slot:
        for slot in self._slots:
            if slot.load == 0:
                return slot
        for slot in self._slots:
            if self._has_room(slot) or slot.load == 0 or slot.is_ahead:  # it has just ended what it was at
                return slot
        raise RuntimeError(f"all {len(self._slots)} slots are taken")

    def _has_room(self, slot: Slot) -> bool:
        """Say whether a slot takes a second task: its first ends in a moment."""
        if not self._ahead or slot.load != 1:
            return False
        current = slot.current
        return current is not None and self.is_quick(current.function)


def thread_limits(threads: int) -> dict[str, str]:
    """Return the environment that holds numerical libraries, and nested joblib calls, to a slot's share of the processors."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
    return {name: os.environ.get(name, str(threads)) for name in names}

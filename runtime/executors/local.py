"""Perform tasks in processes of this machine: one worker a slot.

A shared pool fails every pending task when one worker dies; with a worker a slot, a crash or a time-out hits one step.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from typing import Final

from ...compilers.graph import FunctionRef
from ..admission import processors
from ..channels import WorkerListener
from ..events import Event
from ..segments import Segment
from ..tasks import Completed, Outcome, Task
from .forks import Forks, can_fork
from .interpreters import start_interpreter
from .pools import start_pool
from .processes import Start
from .protocol import NotBegun, Tell
from .slots import Slot

_TINY: Final = 0.005
"""Seconds; a step that took no longer is not worth waiting for with the next one."""

_AHEAD: Final = 0.01
"""Seconds for which a worker is given work in advance, if its tasks are tiny."""

_BETWEEN: Final = 0.0002
"""Seconds that a worker needs for a task besides what its function takes."""

_MOST: Final = 32
"""Tasks that a worker is given in advance, at most."""

start_here: Final[Start] = start_interpreter if os.name == "posix" else start_pool
"""How workers are started where they are not forked, and nobody says."""


class LocalExecutor:
    """Performs up to ``jobs`` tasks at a time, each in a process of its own that is kept for the next task.

    ``report`` gets the events that running steps send; it is called from any thread. While a slot performs a step that
    is known to take next to no time, more tasks are taken for it, unless ``ahead`` is False: tasks that have GPUs of
    their own need a process that is free. Where it takes its time after all, they are given back. ``start`` starts the workers;
    without, they are forks where that is possible.
    """

    def __init__(
        self, jobs: int | None, report: Callable[[Event], None], *, ahead: bool = True, start: Start | None = None
    ) -> None:
        cpus = processors()
        self._forks = Forks() if start is None and can_fork() else None
        start = start or self._forks or start_here
        self._listener: WorkerListener | None = None
        environment = thread_limits(max(1, cpus // (jobs or cpus)))
        self._slots = [Slot(start, self._listen, environment, report) for _ in range(jobs or cpus)]
        self._ahead = ahead
        self._depths = [1] * len(self._slots)
        self._seconds: dict[FunctionRef, float] = {}

    @property
    def capacity(self) -> int:
        """How many tasks may be here now, until it is asked for again: a worker that is slow lowers it at any time."""
        self._depths = list(map(self._depth, self._slots))
        pairs = zip(self._slots, self._depths, strict=True)
        return sum(1 if slot.is_ahead else depth for slot, depth in pairs)

    @contextlib.contextmanager
    def gathering(self) -> Iterator[None]:
        """Send what is submitted meanwhile at the end, in one go for each slot."""
        for slot in self._slots:
            slot.is_gathering = True
        try:
            yield
        finally:
            for slot in self._slots:
                slot.is_gathering = False
                slot.flush()

    def submit(self, task: Task) -> Future[Outcome]:
        """Start a task in a free slot. Raises RuntimeError when there is none."""
        outcome: Future[Outcome] = Future()
        self.submit_and_tell(task, functools.partial(_settle, outcome))
        return outcome

    def submit_and_tell(self, task: Task, tell: Tell) -> None:
        """Start a task in a free slot, and tell how it ended. Raises RuntimeError when there is none."""
        self._choose().start(task, functools.partial(self._finish, task, tell))

    def is_quick(self, function: FunctionRef) -> bool:
        """Say whether a function is known to take next to no time."""
        return self._seconds.get(function, _TINY) < _TINY

    def submit_segment(self, segment: Segment, tell: Tell) -> None:
        """Start a segment in a free slot; see :class:`.protocol.SegmentExecutor`."""
        slot = self._choose() if segment.after is None else self._slot_after(segment.after)
        if slot is None:  # the worker that it goes on with is gone
            for link in segment.links:
                tell(link.step, None)
            return
        finishes = [functools.partial(self._tell, link.step, link.like.function, tell) for link in segment.links]
        slot.start_segment(segment, finishes)

    def _finish(self, task: Task, tell: Tell, result: Outcome | None) -> None:
        if result is None:  # it waited behind a step that was no longer quick
            self._seconds[task.function] = max(_TINY, self._seconds.get(task.function, 0.0))
        self._tell(task.step, task.function, tell, result)

    def _tell(self, step: str, function: FunctionRef, tell: Tell, result: Outcome | None) -> None:
        """Tell how a step ended, and note how long its function takes: after a slow call it takes several quick ones to be trusted again."""
        if isinstance(result, Completed):
            self._seconds[function] = max(result.duration, self._seconds.get(function, 0.0) / 2)
        tell(step, result)

    def close(self) -> None:
        """Stop every worker, and the processes that it started."""
        _stop(self._slots)
        if self._forks is not None:
            self._forks.close()
        if self._listener is not None:
            self._listener.close()

    def report_to(self, report: Callable[[Event], None], *, ahead: bool = True) -> None:
        """Send what running steps report somewhere else from now on: another run begins."""
        self._ahead = ahead
        for slot in self._slots:
            slot.report = report

    def stop_busy(self) -> None:
        """Stop the workers that are at something; the others stay for what comes next."""
        _stop([slot for slot in self._slots if slot.load])

    def warm(self, count: int = 1, libraries: Sequence[str] = ()) -> None:
        """Start workers before there is anything for them to do, up to ``count`` in all; they import libraries while they wait."""
        for slot in self._slots[:count]:
            slot.warm(libraries)

    def _listen(self) -> WorkerListener:
        """Return who hears the workers; a run that needs none opens no socket."""
        self._listener = self._listener or WorkerListener()
        return self._listener

    def _choose(self) -> Slot:
        pairs = zip(self._slots, self._depths, strict=True)
        free = [slot for slot, depth in pairs if slot.load < depth or slot.is_ahead]
        if not free:
            raise RuntimeError(f"all {len(self._slots)} slots are taken")
        return min(free, key=lambda slot: slot.load)

    def _slot_after(self, step: str) -> Slot | None:
        """Return the slot in which a step is the last that is performed, or was."""
        return next((slot for slot in self._slots if slot.last_step == step), None)

    def _depth(self, slot: Slot) -> int:
        """Return how many tasks a slot takes: no more than it has, until it has done half of what it can do before more can be sent."""
        load, most = slot.load, self._most(slot)
        return most if load <= most // 2 else load

    def _most(self, slot: Slot) -> int:
        """Return how many tasks a slot can do, if all are tiny, until more can be sent."""
        first, last = slot.current, slot.last
        if not self._ahead or first is None or last is None:
            return 1
        if not (self.is_quick(first) and self.is_quick(last)):
            return 1
        return min(_MOST, 1 + int(_AHEAD / (self._seconds[last] + _BETWEEN)))


def _settle(outcome: Future[Outcome], step: str, result: Outcome | None) -> None:
    if result is None:
        outcome.set_exception(NotBegun(step))
    else:
        outcome.set_result(result)


def _stop(slots: Sequence[Slot]) -> None:
    """Stop the workers of slots, all at once."""
    for slot in slots:
        slot.dismiss()
    for slot in slots:
        slot.stop()


def thread_limits(threads: int) -> dict[str, str]:
    """Return the environment that holds numerical libraries, and nested joblib calls, to a slot's share of the processors."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "LOKY_MAX_CPU_COUNT")
    return {name: os.environ.get(name, str(threads)) for name in names}

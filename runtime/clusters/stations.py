"""Perform a run's tasks from within a worker of a cluster: in a process beside it, which is watched as one of a driver's own.

The process starts with the first task, serves those that come here afterwards, and imports their code once. When the
cluster's worker goes, it goes as well.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import threading
import time
from concurrent.futures import Future
from multiprocessing import AuthenticationError
from pathlib import Path
from typing import Final, final

import attrs
from attrs import define, field, frozen

from ..answers import Unreadable
from ..channels import WorkerListener, link_to
from ..errors import ClusterUnfit
from ..events import Event
from ..executors.local import start_here, thread_limits
from ..executors.packing import unpack
from ..executors.slots import Slot
from ..failures import describe_end
from ..links import DriverLink
from ..tasks import Failed, Outcome, Task
from .postings import Posting, settle, unfitness

_LOOK: Final = 0.1
"""Seconds after which a cancellation is noticed at the latest: it does not wake who waits for a lock."""

_IDLE: Final = 10.0
"""Seconds after which a process that has nothing to do is ended, with what it holds in memory."""


@frozen
class Answer:
    """How a task ended, and what it reported that the driver could not be told meanwhile."""

    outcome: Outcome | Unreadable
    events: tuple[Event, ...] = ()


def perform_posted(posting: bytes, work: bytes, gpus: tuple[str, ...] = ()) -> bytes:
    """Perform a packed task of a run and return the answer, pickled. ``gpus`` are the task's own."""
    station = _station(posting)
    task = unpack(work)
    if not isinstance(task, Task):
        return pickle.dumps(Answer(task if isinstance(task, Unreadable) else Unreadable("it is no task")))
    return pickle.dumps(station.perform(task, gpus))


@functools.lru_cache(maxsize=1)
def _posting(data: bytes) -> Posting:
    posting: Posting = pickle.loads(data)
    return posting


_STATIONS: list[Station] = []
"""The station of this process, once it has one."""


def _station(data: bytes) -> Station:
    posting = _posting(data)
    current = _STATIONS[-1] if _STATIONS else None
    if current is None or current.posting.token != posting.token:
        if current is not None:
            current.close()
        copies = settle(posting)
        _STATIONS[:] = [Station(posting, unfitness(posting), copies)]
    return _STATIONS[-1]


@final
class Station:
    """Performs the tasks of one run that come to this process; if the node is unfit for that, it says so of each.

    ``copies`` is where the project's code is, where the project itself is not here.
    """

    def __init__(self, posting: Posting, unfit: str, copies: Path | None) -> None:
        self.posting = posting
        self._copies = copies
        self._unfit = unfit
        self._reports = _Reports(posting)
        self._listener = WorkerListener()
        self._slot: Slot | None = None
        self._lock = threading.Lock()
        self._used = 0.0
        self._closed = threading.Event()

    def perform(self, task: Task, gpus: tuple[str, ...]) -> Answer:
        """Perform a task. Raises KeyboardInterrupt, when its process is gone, where the run was cancelled."""
        if self._unfit:
            return Answer(Failed(describe_end(ClusterUnfit(task.step, self._unfit), task)))
        with self._lock:
            outcome = self._perform(task, gpus)
            self._used = time.monotonic()
        return Answer(outcome, self._reports.take())

    def close(self) -> None:
        """End the process."""
        self._closed.set()
        with self._lock:
            if self._slot is not None:
                self._slot.stop()
        self._listener.close()
        self._reports.close()

    def _perform(self, task: Task, gpus: tuple[str, ...]) -> Outcome:
        slot = self._slot = self._slot or self._begin(task)
        done: Future[Outcome] = Future()
        try:
            slot.start(self._placed(task, gpus), functools.partial(_settle, done))
            while not done.done():
                with contextlib.suppress(TimeoutError):
                    done.result(_LOOK)
        except KeyboardInterrupt:
            slot.stop()
            raise
        return done.result()

    def _placed(self, task: Task, gpus: tuple[str, ...]) -> Task:
        """Return a task as it is here: with the GPUs that Ray gives it, and with the project where its copy is."""
        if not gpus and self._copies is None:
            return task
        return attrs.evolve(task, gpus=gpus, root=task.root if self._copies is None else str(self._copies))

    def _begin(self, task: Task) -> Slot:
        threading.Thread(target=self._end_idle, name="penstock-idle", daemon=True).start()
        threads = thread_limits(max(1, int(task.options.resources.cpus or 1)))
        return Slot(start_here, lambda: self._listener, threads, self._reports)

    def _end_idle(self) -> None:
        while not self._closed.wait(_IDLE):
            with self._lock:  # a task that is performed holds it
                if self._slot is not None and time.monotonic() - self._used > _IDLE:
                    self._slot.stop()


def _settle(done: Future[Outcome], outcome: Outcome | None) -> None:
    if outcome is not None:  # only what waits behind something else is given back, and here nothing does
        done.set_result(outcome)


@final
@define(eq=False)
class _Reports:
    """Sends what steps report to the driver at once; where no way leads there, it is kept for the answer."""

    posting: Posting
    _link: DriverLink | None = None
    _is_tried: bool = False
    _is_ahead: bool = False
    _kept: list[Event] = field(factory=list)

    def __call__(self, event: Event) -> None:
        """Take an event."""
        if not self._is_tried:
            self._connect()
        if self._link is None:
            self._kept.append(event)
        else:
            self._link.send(event)
            self._is_ahead = True

    def take(self) -> tuple[Event, ...]:
        """Return what was kept; what was sent has been heard when this returns, so that nothing comes after its step's end."""
        if self._is_ahead and self._link is not None:
            self._link.send(None)
            self._link.receive()
        self._is_ahead = False
        kept, self._kept = self._kept, []
        return tuple(kept)

    def close(self) -> None:
        """Hang up."""
        if self._link is not None:
            self._link.close()

    def _connect(self) -> None:
        self._is_tried = True
        with contextlib.suppress(OSError, EOFError, AuthenticationError):
            if self.posting.address:
                self._link = link_to(self.posting.address, self.posting.token)

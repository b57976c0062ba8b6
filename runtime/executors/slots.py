"""Keep one worker process a slot: start it, give it tasks, time them, replace it when it dies, and stop all that it started.

A task that is sent while another one runs waits in the worker, so that the worker need not wait for the driver.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import Final

from attrs import define, field

from ...compilers.references import FunctionRef
from ..answers import Returned, Spoilt, Unreadable
from ..channels import WorkerListener
from ..events import Event
from ..inboxes import Inbox
from ..offspring import MARK
from ..segments import Segment
from ..tasks import Completed, Failed, Outcome, Task
from .attempts import Attempt, Finish, give_back, remove_scratch
from .deaths import died, stopped, timed_out, unsendable, unstarted
from .handles import WorkerHandle
from .packing import pack, read
from .preloads import ask
from .processes import Start

_whatever_happens: Final = contextlib.suppress(Exception)
"""There may be no memory left to clear up behind a worker: how its task ended must be told all the same."""

_MOMENT: Final = 0.001
"""Seconds in which tiny steps end that are awaited together: to wake up for each takes longer than they do."""

_ENDS: Final = (Completed, Failed, Unreadable)
"""What a worker says of a task that has ended."""

_NOT_STARTED: Final = (OSError, RuntimeError)
"""What is raised where no process, thread or socket can be made any more: there is no memory, or a limit is reached."""


@define(eq=False)
class Slot:
    """A place for one worker process. Tasks are started and the slot is stopped from one thread, the run's.

    ``start_worker`` starts its process, ``listen`` gives who hears it, and ``report`` gets the events that running steps send.
    While it ``is_gathering``, tasks are kept back until ``flush``, and are sent in one go.
    """

    start_worker: Start
    listen: Callable[[], WorkerListener]
    environment: Mapping[str, str]
    report: Callable[[Event], None]
    is_gathering: bool = False
    _worker: WorkerHandle | None = None
    _attempts: deque[Attempt] = field(factory=deque)
    _lock: threading.RLock = field(factory=threading.RLock)
    _ended: str | None = None
    _is_spoilt: bool = False

    @property
    def last_step(self) -> str | None:
        """The step that is performed after all others that are here, or was performed last."""
        with self._lock:
            return self._attempts[-1].step if self._attempts else self._ended

    @property
    def current(self) -> FunctionRef | None:
        """The function that is performed now."""
        with self._lock:
            return self._attempts[0].like.function if self._attempts else None

    @property
    def load(self) -> int:
        """How many tasks are performed or wait here."""
        return len(self._attempts)

    @property
    def is_ahead(self) -> bool:
        """Whether steps of a segment are here, which have been sent before their turn."""
        with self._lock:
            return bool(self._attempts) and None in (self._attempts[0].data, self._attempts[-1].data)

    @property
    def last(self) -> FunctionRef | None:
        """The function that is performed after all others that are here."""
        with self._lock:
            return self._attempts[-1].like.function if self._attempts else None

    def start(self, task: Task, finish: Finish) -> None:
        """Start a task, after those that are here; ``finish`` is called once, from some thread, with how it ended."""
        self._start(task, [Attempt(task.step, task, None, finish)])

    def start_segment(self, segment: Segment, finishes: Sequence[Finish]) -> None:
        """Start the tasks of a segment in one go; who hears None has a task that was not performed."""
        pairs = zip(segment.links, finishes, strict=True)
        self._start(segment, [Attempt(link.step, link.like, None, finish) for link, finish in pairs])

    def _start(self, work: Task | Segment, attempts: Sequence[Attempt]) -> None:
        first, *others = attempts
        try:
            first.data = pack(work)
        except Exception as error:  # whatever cannot be pickled, in its own way
            first.finish(unsendable(error, first.task))
            give_back(others)
            return
        self._retire_unsuitable(first.task)
        with self._lock:
            try:
                worker = self._worker or self._begin(first.task.gpus)
            except _NOT_STARTED as error:
                failed = unstarted(error, first.task)
            else:
                self._attempts.extend(attempts)
                self._send(worker, first)
                return
        first.finish(failed)
        give_back(others)

    def flush(self) -> None:
        """Send what was kept back."""
        with self._lock:
            if self._worker is not None:
                self._worker.flush()

    def warm(self, libraries: Sequence[str] = ()) -> None:
        """Start the worker before there is a task, unless it is there; while it waits for the first one it imports some libraries."""
        with self._lock, contextlib.suppress(*_NOT_STARTED):  # who needs it will say so
            worker = self._worker or self._begin(())
            if libraries and worker.is_new and not (self._attempts or self._is_spoilt):
                worker.unsent[:] = [ask(libraries)]
                worker.flush()

    def dismiss(self) -> None:
        """Have the worker and its children killed. To be stopped after that, which waits for them."""
        with self._lock:
            if self._worker is not None:
                self._worker.is_dismissed = True
                self._worker.condemn()

    def stop(self) -> None:
        """Kill the worker and its children, and return when they are gone. What it has not said that it has done fails."""
        with self._lock:
            worker = self._worker
            if worker is not None:
                worker.is_dismissed = True
        if worker is not None:
            worker.kill()
            worker.hear_out()
        with self._lock:
            attempts = self._taken()
            self._worker = None
        if worker is not None:
            worker.tidy(attempts[0].task if attempts else None)
        for attempt in attempts:
            remove_scratch(attempt.task)
            attempt.finish(stopped(attempt.task))

    def _taken(self) -> list[Attempt]:
        """Take all attempts out of the slot, their clocks stopped."""
        attempts = list(self._attempts)
        self._attempts.clear()
        for attempt in attempts:
            attempt.stop_clock()
        return attempts

    def _retire_unsuitable(self, task: Task) -> None:
        """Let go a worker that has died between two tasks, or that has other GPUs than the task is given."""
        with self._lock:
            worker = self._worker
            if worker is None or self._attempts or (worker.alive and (not task.gpus or worker.gpus == task.gpus)):
                return
            self._worker = None
        worker.kill()

    def _begin(self, gpus: tuple[str, ...]) -> WorkerHandle:
        """Start a worker; a library that uses GPUs looks once in a process which there are."""
        worker = WorkerHandle(gpus=gpus)
        own = {"CUDA_VISIBLE_DEVICES": ",".join(gpus)} if gpus else {}
        listener = self.listen()
        listener.expect(worker.name, functools.partial(self._converse, worker))
        environment = {**self.environment, **own, MARK: worker.name}
        ended = functools.partial(self._mourn, worker)
        self._worker = worker
        try:
            worker.process = self.start_worker(listener, worker.name, environment, ended)
        except BaseException:
            self._worker = None
            raise
        return worker

    def _begin_again(self) -> None:
        """Start a worker for what waits here; where none can be started, that fails."""
        try:
            self._begin(self._attempts[0].task.gpus)
        except _NOT_STARTED as error:
            for attempt in self._taken():
                attempt.finish(unstarted(error, attempt.task))

    def _converse(self, worker: WorkerHandle, connection: Connection) -> None:
        """Talk to a worker that has connected, until it hangs up."""
        with self._lock:
            worker.connection = connection
            if worker is self._worker:
                if self._attempts:
                    worker.unsent.clear()  # it need not wait
                for attempt in self._attempts:
                    self._send(worker, attempt)
                worker.flush()
        try:
            self._hear(worker, Inbox(connection))
        except (EOFError, OSError):
            worker.silent.set()
        except Exception as error:  # a step may write to files that are not its own
            worker.silent.set()
            worker.problem = f"what came from it made no sense: {error}"
            worker.kill()

    def _hear(self, worker: WorkerHandle, inbox: Inbox) -> None:
        """Take in what a worker sends. Raises EOFError or OSError at its end, and anything where it makes no sense."""
        while True:
            for data in inbox.wait():
                self._take(worker, read(data))
            if len(self._attempts) > 1:  # more comes in a moment, and is read at once
                time.sleep(_MOMENT)

    def _send(self, worker: WorkerHandle, attempt: Attempt) -> None:
        if worker.connection is None or attempt.data is None:
            return  # it is sent when the worker has connected, or was sent with the first of its segment
        worker.run_folder = attempt.like.run_folder
        worker.unsent.append(attempt.data)
        if not self.is_gathering:
            worker.flush()
        if attempt is self._attempts[0]:
            attempt.start_clock(self._time_out)

    def _take(self, worker: WorkerHandle, message: object) -> None:
        """Take in what a worker has sent: the outcome of its task, tasks that it gives back, or an event."""
        if isinstance(message, _ENDS):
            attempt = self._next(worker)
            if attempt is not None:
                attempt.finish(_outcome(message, attempt))
            if not isinstance(message, Completed):  # a worker breaks off a segment at what fails
                give_back(self._take_followers(worker))
        elif isinstance(message, Returned):
            give_back(self._take_returned(worker, message.step))
        elif isinstance(message, Spoilt):
            self._replace(worker)
        elif worker is self._worker:
            self.report(message)  # type: ignore[arg-type]  # workers send nothing else

    def _next(self, worker: WorkerHandle) -> Attempt | None:
        """Take the attempt out that has ended, and start the clock of the one after it."""
        with self._lock:
            if worker is not self._worker:
                return None
            attempt = self._attempts.popleft()
            attempt.stop_clock()
            self._ended = attempt.step
            if self._attempts:
                self._attempts[0].start_clock(self._time_out)
            return attempt

    def _take_returned(self, worker: WorkerHandle, step: str) -> list[Attempt]:
        """Take the attempt out that a worker gives back, with those that were sent with it."""
        with self._lock:
            if worker is not self._worker:
                return []
            before = list(itertools.takewhile(lambda attempt: attempt.step != step, self._attempts))
            found = list(itertools.islice(self._attempts, len(before), None))
            behind = itertools.takewhile(lambda attempt: attempt.data is None, found[1:])
            returned = [*found[:1], *(behind if found and found[0].data else ())]
            self._attempts = deque([*before, *found[len(returned) :]])
            return returned

    def _take_followers(self, worker: WorkerHandle) -> list[Attempt]:
        """Take those attempts out that were sent with one that has failed."""
        followers: list[Attempt] = []
        with self._lock:
            while worker is self._worker and self._attempts and self._attempts[0].data is None:
                followers.append(self._attempts.popleft())
        return followers

    def _replace(self, worker: WorkerHandle) -> None:
        """Start another worker, which has imported nothing, for what waits here and for what may come."""
        with self._lock:
            if not self._is_at_work(worker):
                return
            self._worker, self._is_spoilt = None, True
            for attempt in self._attempts:
                attempt.stop_clock()
            if self._attempts:
                self._begin_again()
            else:
                self.warm()
        worker.kill()

    def _is_at_work(self, worker: WorkerHandle) -> bool:
        return worker is self._worker and not worker.is_dismissed

    def _mourn(self, worker: WorkerHandle, how: str) -> None:
        """Take in that a worker is gone: the task that it was at fails, and those behind it go to another one."""
        with self._lock:  # who starts it holds the lock until it is known
            if not self._is_at_work(worker):
                return
        with _whatever_happens:
            worker.bury()
        worker.hear_out()
        with self._lock:
            if not self._is_at_work(worker):
                return
            self._worker = None
            attempts = self._taken()
            self._attempts.extend(attempt for attempt in attempts[1:] if attempt.data is not None)
            if self._attempts:
                self._begin_again()
        if attempts:
            give_back(attempt for attempt in attempts[1:] if attempt.data is None)
            lost = attempts[0]
            with _whatever_happens:
                remove_scratch(lost.task)
                worker.tidy(lost.task)
            lost.finish(died(worker.problem or how, lost.task, lost.lasted))

    def _time_out(self, attempt: Attempt) -> None:
        with self._lock:
            worker = self._worker
            if worker is None or not self._attempts or self._attempts[0] is not attempt:
                return  # it has just ended
            self._worker = None
            rest = self._taken()[1:]
        with _whatever_happens:
            worker.kill()
        with self._lock:
            self._attempts.extend(rest)
            if rest and self._worker is None:
                self._begin_again()
        task = attempt.task
        with _whatever_happens:
            remove_scratch(task)
            worker.tidy(task)
        attempt.finish(timed_out(task, attempt.lasted))


def _outcome(message: Outcome | Unreadable, attempt: Attempt) -> Outcome:
    if isinstance(message, Unreadable):
        return unsendable(message.problem, attempt.task)
    return message

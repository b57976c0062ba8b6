"""Perform tasks on a cluster of Ray, which decides where and when: each in a process beside one of its workers."""

from __future__ import annotations

import contextlib
import functools
import pickle
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from multiprocessing.connection import Connection
from typing import Any, Final, final

from ...compilers.fingerprints import Manifest
from ..answers import Unreadable
from ..errors import ClusterUnfit, StepFailed
from ..events import Event
from ..executors.deaths import unsendable
from ..executors.packing import pack
from ..failures import describe_end
from ..plans import Plan
from ..tasks import Failed, Outcome, Task
from .deaths import cause_of_death
from .sessions import Session
from .stations import Answer

_PATIENCE: Final = 5.0
"""Seconds that a cancelled step has to end with all that it started; then its worker is killed."""


@final
class RayExecutor:
    """Performs the tasks of one run on a cluster. ``jobs`` is how many it is given at a time, by default two a processor.

    ``report`` gets the events that running steps send, from any thread.
    """

    def __init__(
        self,
        address: str | None,
        plan: Plan,
        manifests: Mapping[str, Manifest],
        jobs: int | None,
        report: Callable[[Event], None],
    ) -> None:
        self._address = address
        self._plan = plan
        self._manifests = manifests
        self._jobs = jobs
        self._report = report
        self._session: Session | None = None
        self._going: dict[Any, Task] = {}

    @property
    def capacity(self) -> int:
        """How many tasks may be here; Ray lets those wait that find no place yet."""
        if self._jobs is not None:
            return self._jobs
        return 1 if self._session is None else self._session.capacity

    def submit(self, task: Task) -> Future[Outcome]:
        """Give a task to Ray. Raises RunError where no cluster can be reached."""
        outcome: Future[Outcome] = Future()
        session = self._session = self._session or Session.begin(self._address, self._plan, self._manifests, self._hear)
        missing = session.shortage(task.options.resources)
        if missing:
            outcome.set_result(_failed(ClusterUnfit(task.step, missing), task))
            return outcome
        try:
            work = pack(task)
        except Exception as error:  # whatever cannot be pickled, in its own way
            outcome.set_result(unsendable(error, task))
            return outcome
        going = session.send(work, task)
        self._going[going] = task
        going.future().add_done_callback(functools.partial(self._finish, session, going, outcome))
        return outcome

    def close(self) -> None:
        """Cancel what runs and what waits, and return when its processes are gone. Closing twice is harmless."""
        if self._session is None:
            return
        import ray

        going = [*self._going]
        for one in going:
            ray.cancel(one)
        _, late = ray.wait(going, num_returns=len(going), timeout=_PATIENCE) if going else ([], [])
        for one in late:
            ray.cancel(one, force=True)
        if late:
            ray.wait(late, num_returns=len(late), timeout=_PATIENCE)
        self._session.end()

    def _finish(self, session: Session, going: Any, outcome: Future[Outcome], done: Future[bytes]) -> None:
        task = self._going.pop(going)
        error = done.exception()
        if error is not None:
            outcome.set_result(_failed(cause_of_death(error, task, session.lost), task))
            return
        answer: Answer = pickle.loads(done.result())
        for event in answer.events:
            self._report(event)
        ended = answer.outcome
        outcome.set_result(unsendable(ended.problem, task) if isinstance(ended, Unreadable) else ended)

    def _hear(self, connection: Connection) -> None:
        """Take in what steps report to the end of their worker; it waits for an answer where it sends None."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                event = connection.recv()
                if event is None:
                    connection.send_bytes(b"heard")
                else:
                    self._report(event)


def _failed(error: StepFailed, task: Task) -> Failed:
    return Failed(describe_end(error, task))

"""Perform tasks on a cluster of Ray, which decides where and when: each in a process beside one of its workers."""

from __future__ import annotations

import contextlib
import functools
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, final

import attrs
from attrs import field, frozen

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Resources
from ..channels import WorkerListener
from ..errors import ClusterUnfit, RunError, StepFailed, WorkerDied
from ..events import Event
from ..failures import describe_end
from ..plans import Plan
from ..store.staging import fresh_name
from ..tasks import Failed, Outcome, Task
from .clusters import connect, lost_nodes, options_of, processors_there, shortage
from .deaths import unsendable
from .packing import Unreadable, pack
from .postings import Posting
from .stations import Answer, perform_posted

_PATIENCE: Final = 5.0
"""Seconds that a cancelled step has to end with all that it started; then its worker is killed."""


def _is_address(_instance: object, _attribute: attrs.Attribute[Any], value: object) -> None:
    if value is not None and (not isinstance(value, str) or not value):
        raise RunError(f"Ray(address={value!r}) is wrong; expected HOST:PORT of a cluster, 'auto', or None")


@frozen(kw_only=True)
class Ray:
    """A cluster of Ray that performs steps: ``Local(executor=Ray(address="10.0.0.4:6379"))``.

    Without an address it is the one that RAY_ADDRESS names, or the one of this machine, which is started where there is
    none: ``Local(executor="ray")`` means the same. Raises RunError for an address that is none.
    """

    address: str | None = field(default=None, validator=_is_address)

    def open(
        self, plan: Plan, manifests: Mapping[str, Manifest], jobs: int | None, report: Callable[[Event], None]
    ) -> RayExecutor:
        """Return an executor for a run, which connects when there is a task."""
        return RayExecutor(self.address, plan, manifests, jobs, report)


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
        self._session: _Session | None = None
        self._going: dict[Any, Task] = {}

    @property
    def capacity(self) -> int:
        """How many tasks may be here; Ray lets those wait that find no place yet."""
        if self._jobs is not None:
            return self._jobs
        return 1 if self._session is None else 2 * processors_there()

    def submit(self, task: Task) -> Future[Outcome]:
        """Give a task to Ray. Raises RunError where no cluster can be reached."""
        outcome: Future[Outcome] = Future()
        session = self._session = self._session or _Session.begin(
            self._address, self._plan, self._manifests, self._hear
        )
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
        self._session.end()

    def _finish(self, session: _Session, going: Any, outcome: Future[Outcome], done: Future[bytes]) -> None:
        task = self._going.pop(going)
        error = done.exception()
        if error is not None:
            outcome.set_result(_failed(_cause_of_death(error, task, session.lost), task))
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


@final
class _Session:
    """What a run has on a cluster while it is connected."""

    def __init__(self, posting: Posting, listener: WorkerListener | None) -> None:
        self._posting = posting
        self._listener = listener
        self._packed = pickle.dumps(posting)
        self._lost_before = lost_nodes().keys()
        self._ways: dict[tuple[str, Resources], Any] = {}

    @classmethod
    def begin(
        cls, address: str | None, plan: Plan, manifests: Mapping[str, Manifest], hear: Callable[[Connection], None]
    ) -> _Session:
        connect(address)
        listener = _listen(hear)
        posting = Posting(
            token=os.urandom(8).hex(),
            path=tuple(_path()),
            arguments=tuple(sys.argv),
            folder=str(Path.cwd()),
            address="" if listener is None else listener.address,
            marks=dict(_marks(plan)),
            distributions={name: version for one in manifests.values() for name, version in one.distributions},
        )
        return cls(posting, listener)

    def end(self) -> None:
        """Remove what was left for the nodes, and hear no more."""
        for mark in self._posting.marks.values():
            Path(mark).unlink(missing_ok=True)
        if self._listener is not None:
            self._listener.close()

    def shortage(self, asked: Resources) -> str:
        """Say why no node can perform a step, if none can."""
        return "" if asked == Resources() else shortage(asked)

    def lost(self) -> str:
        """Name the nodes that have left the cluster since the run began, as far as Ray knows by now."""
        lost = lost_nodes()
        return ", ".join(lost[node] for node in lost.keys() - self._lost_before)

    def send(self, work: bytes, task: Task) -> Any:
        """Give a packed task to Ray, and return Ray's reference to its answer."""
        asked = task.options.resources
        way = self._ways.get((task.name, asked))
        if way is None:
            way = self._ways[task.name, asked] = _remote(task.name, asked)
        return way.remote(self._packed, work)


def _remote(name: str, asked: Resources) -> Any:
    """Return what performs a step by Ray. A worker that has used GPUs is not used again, as Ray has it: it holds their memory."""
    import ray

    made = ray.remote(max_calls=1)(_perform_with_gpus) if asked.gpus else ray.remote(perform_posted)
    return made.options(name=name, max_retries=0, **options_of(asked))


def _perform_with_gpus(posting: bytes, work: bytes) -> bytes:
    import ray

    given = ray.get_runtime_context().get_accelerator_ids()
    return perform_posted(posting, work, tuple(map(str, given["GPU"])))


def _listen(hear: Callable[[Connection], None]) -> WorkerListener | None:
    """Listen where the nodes find this one; where that cannot be, what steps report comes with their outcome."""
    import ray

    try:
        listener = WorkerListener(ray.util.get_node_ip_address())
    except OSError:
        return None
    listener.expect_others(hear)
    return listener


def _path() -> Iterator[str]:
    """Yield where modules are found besides in the interpreter's own folders, which each node has in its own place."""
    for entry in sys.path:
        place = entry or str(Path.cwd())
        if not place.startswith((sys.prefix, sys.base_prefix)):
            yield place


def _marks(plan: Plan) -> Iterator[tuple[str, str]]:
    """Make files by which a node sees that it has the same folders before it."""
    places = {"folder": plan.folder}
    if "://" not in plan.store:
        places["artifact store"] = Path(plan.store, "tmp")
    for what, place in places.items():
        place.mkdir(parents=True, exist_ok=True)
        mark = fresh_name(place)
        mark.touch()
        yield what, str(mark)


def _failed(error: StepFailed, task: Task) -> Failed:
    return Failed(describe_end(error, task))


def _cause_of_death(error: BaseException, task: Task, lost: Callable[[], str]) -> StepFailed:
    """Say what became of a task of which Ray has no answer."""
    import ray

    if isinstance(error, ray.exceptions.TaskCancelledError):
        return WorkerDied(task.step, "it was stopped with its run")
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return WorkerDied(
            task.step, "Ray stopped it: memory ran out on its node. Ask for what it needs: resources(memory=...)"
        )
    if "No module named 'penstock'" in str(error):
        return ClusterUnfit(task.step, "Penstock is not installed on the node of the Ray cluster that it came to")
    if isinstance(error, ray.exceptions.RayTaskError):
        return WorkerDied(task.step, f"the worker of Ray could not perform it: {error.cause!r}")
    gone = lost()
    told = f" ({gone} has left the cluster)" if gone else ""
    return WorkerDied(
        task.step,
        f"the worker of Ray that it ran in was killed, or its node was lost{told}. retries= tries such a step again",
    )

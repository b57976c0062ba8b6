"""Follow a job of Azure, and tell what happens there as the events of a run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from attrs import define

from ...compilers.graph import Graph, Node
from ...compilers.traversal import dependencies
from ..artifacts import Artifact
from ..azure.artifacts import Stores, describe_output, place_of_uri, read_file, read_text
from ..azure.connections import Connection
from ..azure.errors import RemoteTimeout, RemoteUnavailable
from ..azure.history import StepRecord, read_details, read_log, read_outputs, read_steps
from ..azure.jobs import Job, cancel_job, get_job
from ..errors import StoreError
from ..events import Event, FileLogged, MetricLogged, StepCompleted, StepFailed, StepReused, StepSkipped, StepStarted
from ..failures import Failure
from ..loglines import split_log
from ..states import State
from ..worker import REPORT, REPORTED
from .azure_records import Places, Submitted

_LOG = "user_logs/std_log.txt"
"""What Azure calls the log of a command."""

_CEILING = 15.0
"""Seconds between two looks at a job that goes on for long."""

_PATIENCE = 20
"""Looks at a step that has ended after which its outputs must be there."""

_LONGEST_SILENCE = 86_400.0
"""Seconds without any answer after which a job is no longer followed."""


@define
class _Step:
    """What is known of one step while it is followed."""

    node: Node
    log: Path
    state: State = State.PENDING
    read: int = 0
    missed: int = 0
    """How often what it wrote was not to be found though it had ended."""


@final
class Following:
    """Watches one job until it has ended. ``emit`` takes the events; what is found is told once, in the order it is found."""

    def __init__(
        self,
        connection: Connection,
        stores: Stores,
        submitted: Submitted,
        graph: Graph,
        folder: Path,
        emit: Callable[[Event], None],
        interval: float = 1.0,
    ) -> None:
        self._connection = connection
        self._stores = stores
        self._submitted = submitted
        self._folder = folder
        self._emit = emit
        self._interval = interval
        self._places = Places.of(folder)
        self._steps = {node.id: _Step(node, folder / "logs" / f"{node.id}.log") for node in graph}
        self._reason = ""
        self._left: str | None = None
        self._hurry = threading.Event()

    @property
    def places(self) -> Places:
        """Where the outputs lie."""
        return self._places

    def cancel(self, reason: str) -> None:
        """Ask Azure to stop the job."""
        self._reason = self._reason or reason
        cancel_job(self._connection, self._submitted.job)
        self._hurry.set()

    def leave(self, reason: str) -> None:
        """Follow the job no more; it goes on. The run is told as cancelled for this reason."""
        self._left = reason
        self._hurry.set()

    def run(self) -> tuple[State, str]:
        """Follow the job to its end; return how it ended, and why where no step is to blame.

        Raises an error of the tree under RemoteError when Azure does not answer any more; the job goes on then.
        """
        wait, heard = self._interval, time.monotonic()
        while self._left is None:
            try:
                ended = self._look()
                heard = time.monotonic()
            except (RemoteUnavailable, RemoteTimeout):
                if time.monotonic() - heard > _LONGEST_SILENCE:
                    raise
                ended = None
            if ended is not None:
                return self._ended(ended)
            self._hurry.wait(wait)
            self._hurry.clear()
            wait = min(_CEILING, max(self._interval, wait * 1.2 if self._interval >= 1 else wait))
        return State.CANCELLED, self._left

    def _look(self) -> Job | None:
        """Take in what is new, and return the job if it has ended. The job is looked at first: it ends after its steps."""
        job = get_job(self._connection, self._submitted.job)
        whole = True
        for record in read_steps(self._connection, self._submitted.job):
            step = self._steps.get(self._submitted.nodes.get(record.step, ""))
            if step is not None and not step.state.ended:
                whole &= self._taken(step, record)
        return job if job.state.ended and whole else None

    def _taken(self, step: _Step, record: StepRecord) -> bool:
        """Take in what is new of a step; say whether all of it could be found. Storage may be a little behind.

        Raises StoreError when it stays so.
        """
        try:
            self._take(step, record)
        except StoreError:
            step.missed += 1
            if step.missed > _PATIENCE:
                raise
            return False
        return True

    def _take(self, step: _Step, record: StepRecord) -> None:
        state = record.state
        if state is State.PENDING:
            return
        if state is not State.REUSED and step.state is State.PENDING and state is not State.CANCELLED:
            log = step.log.relative_to(self._folder).as_posix()
            self._emit(
                StepStarted(
                    step.node.id, record.started or time.time(), log=log, reason="Azure found no result to reuse"
                )
            )
            step.state = State.RUNNING
        if state in (State.RUNNING, State.FAILED, State.COMPLETED):
            self._read_log(step, record)
        if state.ended:
            _ENDINGS[state](self, step, record)
            step.state = state

    def _completed(self, step: _Step, record: StepRecord) -> None:
        outputs, report = self._outputs(step, record.run)
        for moment, name, value, index in report.get("metrics", ()):
            self._emit(MetricLogged(step.node.id, moment, name, value, index))
        for moment, name, file in report.get("files", ()):
            self._bring(step, record.run, moment, name, Path(file).name)
        duration = float(report.get("duration", 0.0))
        self._emit(StepCompleted(step.node.id, record.ended or time.time(), outputs, duration))

    def _reused(self, step: _Step, record: StepRecord) -> None:
        outputs, report = self._outputs(step, record.run)
        saved = float(report.get("duration", 0.0))
        self._emit(StepReused(step.node.id, record.ended or time.time(), outputs, record.reused_from, saved))

    def _failed(self, step: _Step, record: StepRecord) -> None:
        text = step.log.read_text(encoding="utf-8", errors="replace") if step.log.exists() else ""
        shown, failure = split_log(text)
        if failure is not None:
            step.log.write_text(shown, encoding="utf-8")
        told = record.problem or read_details(self._connection, record.run).problem or "Azure does not say why"
        failure = failure or Failure(step.node.id, "RemoteFailure", f"{told} (see the log)")
        duration = (record.ended or 0.0) - (record.started or record.ended or 0.0)
        self._emit(StepFailed(step.node.id, record.ended or time.time(), _of(failure, step.node.id), duration))

    def _cancelled(self, step: _Step, record: StepRecord) -> None:
        reason = self._reason or "the job was cancelled"
        self._emit(StepSkipped(step.node.id, record.ended or time.time(), reason, State.CANCELLED))

    def _outputs(self, step: _Step, run: str) -> tuple[dict[str, Artifact], Mapping[str, Any]]:
        """Return the outputs of a step that has ended well, without their files, and what it reported."""
        uris = read_outputs(self._connection, run)
        named = self._submitted.outputs[step.node.id]
        wanted = {name: uris.get(key, "") for name, key in named.items()}
        if not all(wanted.values()):
            missing = ", ".join(name for name, uri in wanted.items() if not uri)
            raise StoreError(f"Azure does not say where the output {missing} of step {step.node.id!r} is")
        places = {name: place_of_uri(uri) for name, uri in wanted.items()}
        real = {output.name for output in step.node.outputs}
        found = {
            name: describe_output(self._stores(store), path) for name, (store, path) in places.items() if name in real
        }
        self._places.add({artifact.digest: wanted[name] for name, artifact in found.items() if artifact.inline is None})
        store, path = next(iter(places.values()))
        return found, json.loads(read_text(self._stores(store), f"{path}/{REPORT}") or "{}")

    def _bring(self, step: _Step, run: str, moment: float, name: str, file: str) -> None:
        """Bring a figure or text here that a step has logged."""
        store, path = place_of_uri(self._first_output(step, run))
        content = read_file(self._stores(store), f"{path}/{REPORTED}/{file}")
        if content is not None:
            target = self._folder / "files" / step.node.id / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
            self._emit(FileLogged(step.node.id, moment, name, target.relative_to(self._folder).as_posix()))

    def _first_output(self, step: _Step, run: str) -> str:
        return read_outputs(self._connection, run)[next(iter(self._submitted.outputs[step.node.id].values()))]

    def _read_log(self, step: _Step, record: StepRecord) -> None:
        """Append what a step has written since the last time to its log here."""
        logs = read_details(self._connection, record.run).logs
        url = logs.get(_LOG) or next((url for name, url in logs.items() if name.endswith("std_log.txt")), "")
        if not url:
            return
        content = read_log(self._connection, url, step.read)
        if content:
            step.log.parent.mkdir(parents=True, exist_ok=True)
            # What another process has read before is in the file already, and comes again.
            with step.log.open("ab" if step.read else "wb") as file:
                file.write(content)
        step.read += len(content)

    def _ended(self, job: Job) -> tuple[State, str]:
        """Tell of the steps that never began, and return how the run ended."""
        failed = [step.node.id for step in self._steps.values() if step.state is State.FAILED]
        state = State.CANCELLED if job.state is State.CANCELLED else State.FAILED if failed else job.state
        for step in self._steps.values():
            if not step.state.ended:
                self._emit(StepSkipped(step.node.id, time.time(), *self._why_not(step.node, state)))
                step.state = State.SKIPPED
        return state, self._problem(job, state, failed)

    def _why_not(self, node: Node, state: State) -> tuple[str, State]:
        if state is State.CANCELLED:
            return self._reason or "the job was cancelled", State.CANCELLED
        needed = [other for other in dependencies(node) if not self._steps[other].state.succeeded]
        return needed[0] if needed else "the job ended before it began", State.SKIPPED

    def _problem(self, job: Job, state: State, failed: Sequence[str]) -> str:
        if state is State.CANCELLED:
            return self._reason or "the job was cancelled in Azure"
        if state is State.FAILED and not failed:
            return read_details(self._connection, job.name).problem or "the job failed in Azure"
        return ""


_ENDINGS: Mapping[State, Callable[[Following, _Step, StepRecord], None]] = {
    State.COMPLETED: Following._completed,
    State.REUSED: Following._reused,
    State.FAILED: Following._failed,
    State.CANCELLED: Following._cancelled,
}


def _of(failure: Failure, step: str) -> Failure:
    """Return a failure under the step's id here: the worker knows the step's name only."""
    return Failure(
        step, failure.kind, failure.message, failure.frames, failure.inputs, "", failure.attempts, failure.pickled
    )

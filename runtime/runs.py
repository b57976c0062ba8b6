"""Show a run to Python code: its state, its steps, what they logged, and what they returned."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, final

import attrs

from .. import runtime
from ..compilers.garbage import collection_held_back
from ..compilers.literals import Literal
from .errors import RunCancelled, RunError, RunFailed
from .frames import ours_hidden
from .invocation import load
from .states import State
from .store import decode, open_store
from .whereabouts import Whereabouts

if TYPE_CHECKING:
    from ..compilers.graph import Graph, Node
    from .artifacts import Artifact
    from .failures import Failure
    from .history import FileRecord, History, MetricRecord, RunRecord, StepRecord
    from .rehearsals import Known, Rehearsal
    from .resolution import Values
    from .resolved import Resolved
    from .store import ArtifactStore
    from .whereabouts import Finds
    from .workspace import Workspace

_LOOK = 0.2
"""Seconds between two looks at a run that goes on in another process."""


class Records(Protocol):
    """Where a run's facts come from: the memory of this process while it runs, or the history."""

    def record(self) -> RunRecord: ...
    def steps(self) -> Sequence[StepRecord]: ...
    def metrics(self) -> Sequence[MetricRecord]: ...
    def files(self) -> Sequence[FileRecord]: ...


class HistoryRecords:
    """The records of a run out of the ``history``; they are read again each time, since the run may be going on elsewhere."""

    def __init__(self, history: History, run_id: str) -> None:
        self.history = history
        self._run = run_id

    def record(self) -> RunRecord:
        """Return the run's record."""
        return self.history.run(self._run)

    def steps(self) -> Sequence[StepRecord]:
        """Return the step runs in call order."""
        return self.history.steps(self._run)

    def metrics(self) -> Sequence[MetricRecord]:
        """Return all metrics so far."""
        return self.history.metrics(self._run)

    def files(self) -> Sequence[FileRecord]:
        """Return all logged files so far."""
        return self.history.files(self._run)


class Progressing(Protocol):
    """What drives a run in this process."""

    def wait(self, timeout: float | None = None) -> bool: ...
    def cancel(self, reason: str) -> None: ...


@final
class StepRun:
    """One step of a run. ``outputs`` decodes an output when it is asked for."""

    def __init__(self, run: Run, record: StepRecord) -> None:
        self._run = run
        self._record = record

    def __getattr__(self, name: str) -> Any:
        """Give the fields of :class:`~penstock.runtime.history.records.StepRecord`: state, duration, attempts, ..."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._record, name)

    @property
    def id(self) -> str:
        """The step's id in the graph."""
        return self._record.id

    @property
    def name(self) -> str:
        """The step's name; several calls of one step share it."""
        return self._record.name

    @property
    def state(self) -> State:
        """How the step stands."""
        return self._record.state

    @property
    def duration(self) -> float | None:
        """Seconds that the function took, or None."""
        return self._record.duration

    @property
    def failure(self) -> Failure | None:
        """What went wrong, or None."""
        return self._record.failure

    @property
    def outputs(self) -> Mapping[str, object]:
        """The step's outputs by name; a single one is called ``output``."""
        made = {} if self._record.outputs or not self.items else self._run.values().made.get(self.id, {})
        if isinstance(made, Literal):
            return {}
        return {name: self._run.load(value) for name, value in made.items()} or _Decoded(
            self._record.outputs, self._run.store
        )

    @property
    def items(self) -> tuple[StepRun, ...]:
        """The step runs that this one was unfolded to: the items of a mapped call, the steps of a branch or of all rounds.

        ``place`` is which item (from 0) or round (from 1) one belongs to.
        """
        records = self._run.records.steps()
        return tuple(StepRun(self._run, record) for record in records if record.parent == self.id)

    def result(self) -> object:
        """Return what the step returned: its one output, a tuple of several, or None."""
        values = tuple(self.outputs.values())
        return values[0] if len(values) == 1 else values or None

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric that the step logged."""
        return {metric.name: metric.value for metric in self._run.records.metrics() if metric.step == self.id}

    @property
    def logs(self) -> str:
        """What the step printed, logged and warned."""
        path = self._run.folder / (self._record.log or f"logs/{self.id}.log")
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    @property
    def files(self) -> dict[str, Path]:
        """The figures and texts that the step logged, by name."""
        return {file.name: self._run.folder / file.path for file in self._run.records.files() if file.step == self.id}

    def __repr__(self) -> str:
        return f"<step run {self.id!r} of {self._run.id}: {self.state}>"


class _Decoded(Mapping[str, object]):
    """Artifacts by name, decoded one by one when they are looked at."""

    def __init__(self, artifacts: Mapping[str, Artifact], store: ArtifactStore) -> None:
        self._artifacts = artifacts
        self._store = store

    def __getitem__(self, name: str) -> object:
        return decode(self._artifacts[name], self._store)

    def __iter__(self) -> Iterator[str]:
        return iter(self._artifacts)

    def __len__(self) -> int:
        return len(self._artifacts)

    def __repr__(self) -> str:
        return f"<outputs {', '.join(f'{name}: {artifact.summary}' for name, artifact in self._artifacts.items()) or 'none'}>"


@final
class Run:
    """One execution of a pipeline, here and now or out of the history."""

    def __init__(
        self,
        run_id: str,
        graph: Graph,
        records: Records,
        store: ArtifactStore,
        folder: Path,
        *,
        root: Path,
        datastores: Finds | None = None,
        values: Values | None = None,
        progressing: Progressing | None = None,
    ) -> None:
        self.id = run_id
        self.graph = graph
        self.records = records
        self.store = store
        self.folder = folder
        self.root = root
        self.datastores = datastores
        self._values = values
        self._progressing = progressing

    @classmethod
    def get(cls, reference: str = "last", workspace: Workspace | None = None) -> Run:
        """Return a run out of the history: by its id, the beginning or the last four characters of one, or ``last~2``.

        Raises RunNotFound.
        """
        workspace = workspace or runtime.Workspace.open()
        run_id = workspace.history.run(reference).id
        folder = workspace.run_folder(run_id)
        kept = runtime.kept_inputs(folder)
        return cls(
            run_id,
            workspace.history.graph(run_id),
            HistoryRecords(workspace.history, run_id),
            open_store(workspace.store_location, workspace.cache_folder),
            folder,
            root=kept.root if kept else workspace.root,
            datastores=lambda: workspace.datastores,
            values=kept.values() if kept else None,
        )

    @property
    def record(self) -> RunRecord:
        """The run's record: experiment, times, parameters, tags, facts."""
        return self.records.record()

    @property
    def status(self) -> State:
        """How the run stands."""
        return self.record.state

    @property
    def state(self) -> State:
        """How the run stands; the same as :attr:`status`."""
        return self.status

    @property
    def steps(self) -> dict[str, StepRun]:
        """The step runs by id, in call order."""
        return {record.id: StepRun(self, record) for record in self.records.steps()}

    @property
    def failures(self) -> dict[str, Failure]:
        """What went wrong, by step."""
        return {record.id: record.failure for record in self.records.steps() if record.failure is not None}

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The last value of each metric, by step and name."""
        found: dict[str, dict[str, float]] = {}
        for metric in self.records.metrics():
            found.setdefault(metric.step, {})[metric.name] = metric.value
        return found

    @property
    def logs(self) -> str:
        """The logs of all steps, one after the other."""
        return "".join(f"==> {step.id} <==\n{step.logs}\n" for step in self.steps.values() if step.logs)

    @property
    def outputs(self) -> dict[str, object]:
        """The pipeline's outputs by name: the keys of a dict, ``output_0`` and so on of a tuple, or ``output``."""
        return runtime.named_parts(self.graph.output, self.result())

    def result(self) -> Any:
        """Wait, and return what the pipeline returned, in its shape.

        Raises RunFailed, with the user's exception as its cause, or RunCancelled.
        """
        self.wait()
        self.check()
        return self._result

    @functools.cached_property
    def _result(self) -> object:
        try:
            with collection_held_back():
                return self.load(self.values().resolve(self.graph.output))
        except KeyError as error:
            raise RunError(f"the result of run {self.id} cannot be put together here: {error} was not kept") from error

    def values(self) -> Values:
        """Return what went through the run so far: parameters, attached values, and the outputs of steps that have some."""
        values = self._known
        has_control = any(node.control is not None for node in self.graph)
        return self.rehearsal().values if has_control and not values.made else values

    @property
    def _known(self) -> Values:
        values = self._values or runtime.Values({}, {}, {})
        outputs = dict(values.outputs)  # those of a run in this process; of another one its records tell
        if any(node.id not in outputs for node in self.graph):
            outputs = {one.id: one.outputs for one in self.records.steps() if one.state.succeeded} | outputs
        return attrs.evolve(values, outputs=outputs, store=self.store)

    def rehearsal(self) -> Rehearsal:
        """Go through the graph again with what the steps have returned: it knows the nodes that control nodes unfolded to."""
        records = {record.id: record for record in self.records.steps()}

        def meet(nodes: Sequence[Node]) -> dict[str, Known]:
            met = [records[node.id] for node in nodes if node.id in records]
            return {one.id: one.outputs if one.state.succeeded else one.state for one in met if one.state.ended}

        rehearsal = runtime.Rehearsal(self.graph, self._known, self.store)
        rehearsal.go(meet)
        return rehearsal

    def load(self, value: Resolved) -> object:
        """Return the value behind something that is known of the run."""
        return load(value, self.store, Whereabouts(self.root, self.datastores))

    def keep_inputs(self) -> None:
        """Write what the run was given into its folder, so that one of its steps can be run again later."""
        runtime.keep_inputs(self.folder, self.root, self.values())

    def check(self) -> Run:
        """Return the run if it completed. Raises RunFailed or RunCancelled otherwise."""
        if self.status is State.FAILED:
            failures = self.failures
            error = RunFailed(self.id, failures, self)
            found = (failure.exception for failure in failures.values())
            raise error from next((exception for exception in found if exception is not None), None)
        if self.status is State.CANCELLED:
            raise RunCancelled(self.id)
        return self

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run has ended, at most ``timeout`` seconds. Raises TimeoutError when it has not."""
        with ours_hidden(KeyboardInterrupt):
            ended = self._watch(timeout) if self._progressing is None else self._progressing.wait(timeout)
        if not ended:
            raise TimeoutError(f"run {self.id} has not ended after {timeout} s; it goes on")
        return self

    def _watch(self, timeout: float | None) -> bool:
        """Wait for a run of another process, by looking into the history."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.status.ended:
            if deadline is not None and time.monotonic() > deadline:
                return False
            time.sleep(_LOOK)
        return True

    def cancel(self, reason: str = "somebody cancelled the run") -> None:
        """Stop the run: running steps are killed, the rest never start. Nothing happens to one that has ended."""
        if self._progressing is not None:
            self._progressing.cancel(reason)
        elif not self.status.ended:
            raise RunError(
                f"run {self.id} goes on in another process; `penstock stop {self.id}` asks that one to stop it"
            )

    def __repr__(self) -> str:
        return f"<run {self.id} of {self.graph.name}: {self.status}>"

"""Show a run on a server to Python code, in the words of a run in a workspace."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from attrs import field, frozen

from ...compilers.graph import OUTPUT
from ..errors import RunCancelled, RunError, RunFailed
from ..failures import Failure
from ..history.records import MetricRecord, RunRecord, StepRecord
from ..states import State
from .connections import Connection, Document
from .documents import metric_record, run_record, step_record
from .following import END, Event, events, log_lines

_PART = 1 << 16


@final
@frozen
class ServerRun:
    """A run on a server. Whatever is asked of it is asked of the server then."""

    id: str
    _connection: Connection = field(repr=False, alias="connection")

    @property
    def document(self) -> Document:
        """What the server tells of the run: endpoint, version, times, parameters, steps."""
        return self._connection.ask("GET", "runs", self.id)

    @property
    def record(self) -> RunRecord:
        """The run's record: experiment, times, parameters, tags, facts."""
        return run_record(self.document)

    @property
    def status(self) -> State:
        """How the run stands."""
        return State(self.document["state"])

    @property
    def state(self) -> State:
        """How the run stands; the same as :attr:`status`."""
        return self.status

    @property
    def steps(self) -> dict[str, ServerStepRun]:
        """The step runs by id, in call order."""
        return {record.id: ServerStepRun(self, record) for record in self._step_records()}

    @property
    def failures(self) -> dict[str, Failure]:
        """What went wrong, by step."""
        return {record.id: record.failure for record in self._step_records() if record.failure is not None}

    @property
    def metrics(self) -> dict[str, dict[str, float]]:
        """The last value of each metric, by step and name."""
        found: dict[str, dict[str, float]] = {}
        for metric in self.metric_records():
            found.setdefault(metric.step, {})[metric.name] = metric.value
        return found

    def metric_records(self, step: str | None = None) -> Sequence[MetricRecord]:
        """Return every number that was logged so far, of all steps or of one."""
        document = self._connection.ask("GET", "runs", self.id, "metrics", query={"step": step})
        return [metric_record(one) for one in document["metrics"]]

    @property
    def logs(self) -> str:
        """The logs of all steps so far, one after the other; :meth:`follow` gives lines as they come."""
        return self.log()

    def log(self, step: str | None = None) -> str:
        """Return what all steps, or one, printed, logged and warned so far."""
        with self._connection.open("GET", "runs", self.id, "logs", query={"step": step}) as answer:
            return answer.content.decode("utf-8", "replace")

    def follow(self, step: str | None = None) -> Iterator[str]:
        """Yield the lines that all steps, or one, print, as they come, until the run has ended."""
        return log_lines(self._connection, self.id, step)

    def events(self) -> Iterator[Event]:
        """Yield what happens in the run, from its beginning to its end: ``run``, ``steps``, ``metrics``, ``files`` and ``end``."""
        return events(self._connection, self.id)

    @property
    def outputs(self) -> dict[str, object]:
        """The pipeline's outputs by name: the keys of a dict, ``output_0`` and so on of a tuple, or ``output``.

        Raises RunError for one that is no plain data; :meth:`download` fetches it as a file.
        """
        found = self._returned()["outputs"]
        return {name: self._value(name, told) for name, told in found.items()}

    def result(self) -> Any:
        """Wait, and return what the pipeline returned, in its shape, where that is plain data.

        Raises RunFailed, RunCancelled, and RunError for what is no plain data.
        """
        self.wait()
        self.check()
        shape, values = self._returned()["shape"], self.outputs
        if shape == "dict":
            return values
        if shape is None and OUTPUT not in values:
            raise RunError(f"the server cannot tell what run {self.id} returned; see what its steps did: run.steps")
        if shape is None:
            return values[OUTPUT]
        return list(values.values()) if shape == "list" else tuple(values.values())

    def download(self, to: str | Path, *, step: str | None = None, name: str = OUTPUT) -> Path:
        """Write an output of the pipeline, or of a step, to a file, or into a folder under its own name, and return the file.

        A folder comes as a zip. Raises ServerRefused where there is none.
        """
        if step is None:
            told = self._returned()["outputs"].get(name) or {}
            step, name = str(told.get("step", "")), str(told.get("name", name))
        query = {"step": step, "name": name}
        with self._connection.open("GET", "runs", self.id, "artifacts", query=query) as answer:
            said = answer.headers.get("Content-Disposition", "").partition("filename=")[2].strip('"')
            path = Path(to) / (Path(said).name or name) if Path(to).is_dir() else Path(to)
            with path.open("wb") as file:
                for part in answer.iter_content(_PART):
                    file.write(part)
        return path

    def wait(self, timeout: float | None = None) -> ServerRun:
        """Wait until the run has ended, at most ``timeout`` seconds. Raises TimeoutError when it has not; it goes on."""
        until = None if timeout is None else time.monotonic() + timeout
        if any(event.kind == END for event in events(self._connection, self.id, until=until)):
            return self
        raise TimeoutError(f"run {self.id} has not ended after {timeout:g} s; it goes on")

    def check(self) -> ServerRun:
        """Return the run if it completed. Raises RunFailed or RunCancelled otherwise, and RunError for one that could not begin."""
        document = self.document
        state = State(document["state"])
        if state is State.CANCELLED:
            raise RunCancelled(self.id)
        if state is State.FAILED and not self.failures:
            raise RunError(f"run {self.id} failed: {document['problem'] or 'the server does not say why'}")
        if state is State.FAILED:
            raise RunFailed(self.id, self.failures)
        return self

    def cancel(self) -> None:
        """Stop the run: running steps are killed, the rest never start. Nothing happens to one that has ended."""
        self._connection.ask("POST", "runs", self.id, "cancel")

    def step_outputs(self, step: str) -> dict[str, object]:
        """Return what a step returned, by name. Raises RunError for what is no plain data."""
        found = self._returned()["steps"].get(step, {})
        return {name: self._value(name, {"step": step, "name": name, **told}) for name, told in found.items()}

    def _returned(self) -> Document:
        return self._connection.ask("GET", "runs", self.id, "outputs")

    def _step_records(self) -> list[StepRecord]:
        return [step_record(self.id, place, told) for place, told in enumerate(self.document["steps"])]

    def _value(self, name: str, told: Mapping[str, Any] | None) -> object:
        if told is None:
            return None
        if "value" not in told or ("step" not in told and "summary" in told):
            raise RunError(
                f"the output {name!r} of run {self.id} is no plain data ({told.get('summary')}); fetch it as a file: "
                f"run.download(folder, step={told.get('step')!r}, name={told.get('name')!r})"
            )
        value = told["value"]
        for item in told.get("path", ()):
            value = value[item]
        return value

    def __repr__(self) -> str:
        return f"<run {self.id} on {self._connection.url}>"


@final
@frozen
class ServerStepRun:
    """One step of a run on a server, as it stood when it was looked up."""

    run: ServerRun
    record: StepRecord

    def __getattr__(self, name: str) -> Any:
        """Give the fields of :class:`~penstock.runtime.history.records.StepRecord`: state, duration, attempts, failure, ..."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self.record, name)

    @property
    def outputs(self) -> Mapping[str, object]:
        """The step's outputs by name; a single one is called ``output``. Raises RunError for what is no plain data."""
        return self.run.step_outputs(self.record.id)

    def result(self) -> object:
        """Return what the step returned: its one output, a tuple of several, or None."""
        values = tuple(self.outputs.values())
        return values[0] if len(values) == 1 else values or None

    @property
    def metrics(self) -> dict[str, float]:
        """The last value of each metric that the step logged."""
        return {metric.name: metric.value for metric in self.run.metric_records(self.record.id)}

    @property
    def logs(self) -> str:
        """What the step printed, logged and warned."""
        return self.run.log(self.record.id)

    def __repr__(self) -> str:
        return f"<step run {self.record.id!r} of {self.run.id}: {self.record.state}>"

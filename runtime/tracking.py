"""Keep the records of a run in memory while its events come in: what the terminal and a live ``Run`` show."""

from __future__ import annotations

import functools
from collections import Counter
from typing import Any

import attrs

from ..compilers.graph import Graph
from .events import (
    Event,
    FileLogged,
    MetricLogged,
    Progressed,
    RunEnded,
    RunStarted,
    StepCompleted,
    StepFailed,
    StepRetried,
    StepReused,
    StepSkipped,
    StepStarted,
    StepUnfolded,
)
from .history.records import FileRecord, MetricRecord, RunRecord, StepRecord, in_order
from .states import State


class Tracker:
    """A listener that always knows how the run stands. Records are replaced, never changed: readers need no lock."""

    def __init__(self) -> None:
        self.graph: Graph | None = None
        self.run: RunRecord | None = None
        self.steps: dict[str, StepRecord] = {}
        self.metrics: list[MetricRecord] = []
        self.files: list[FileRecord] = []
        self.progress: dict[str, Progressed] = {}

    def __call__(self, event: Event) -> None:
        """Take an event in."""
        _take(event, self)

    def counts(self) -> Counter[State]:
        """Return how many steps are in each state."""
        return Counter(step.state for step in self.steps.values())

    def change(self, step: str, **changes: Any) -> None:
        """Replace the record of a step."""
        self.steps[step] = attrs.evolve(self.steps[step], **changes)


class LiveRecords:
    """A tracker's records, as a :class:`~penstock.runtime.runs.Run` reads them. ``first`` stands until the run starts."""

    def __init__(self, tracker: Tracker, first: RunRecord) -> None:
        self._tracker = tracker
        self._first = first

    def record(self) -> RunRecord:
        """Return the run's record."""
        return self._tracker.run or self._first

    def steps(self) -> tuple[StepRecord, ...]:
        """Return the step runs in call order."""
        return in_order(self._tracker.steps.values())

    def metrics(self) -> tuple[MetricRecord, ...]:
        """Return all metrics so far."""
        return tuple(self._tracker.metrics)

    def files(self) -> tuple[FileRecord, ...]:
        """Return all logged files so far."""
        return tuple(self._tracker.files)


@functools.singledispatch
def _take(event: Event, _tracker: Tracker) -> None:
    raise TypeError(f"{type(event).__name__} is no event of a run")


@_take.register
def _run_started(event: RunStarted, tracker: Tracker) -> None:
    tracker.graph = event.graph
    tracker.run = RunRecord(
        event.run, event.graph.name, event.experiment, State.RUNNING, event.time, None, event.parameters, event.tags
    )
    tracker.steps = {
        node.id: StepRecord(
            event.run, node.id, node.name, str(node.function), index, label=node.label, group=node.group
        )
        for index, node in enumerate(event.graph)
    }


@_take.register
def _step_started(event: StepStarted, tracker: Tracker) -> None:
    old = tracker.steps[event.step]
    tracker.steps[event.step] = StepRecord(  # field by field, as below: it is done for every step
        old.run, old.id, old.name, old.function, old.position, State.RUNNING, old.label, old.group, old.started or event.time,
        old.ended, old.duration, event.attempt, event.pid, event.log, old.failure, old.reused_from, event.reason, old.outputs,
        old.parent, old.place,
    )  # fmt: skip


@_take.register
def _step_unfolded(event: StepUnfolded, tracker: Tracker) -> None:
    parent = tracker.steps[event.step]
    tracker.change(
        event.step, state=State.RUNNING, started=parent.started or event.time, reason=event.note or parent.reason
    )
    for node, place in zip(event.nodes, event.places, strict=True):
        tracker.steps[node.id] = StepRecord(
            parent.run, node.id, node.name, str(node.function), parent.position, label=node.label, group=node.group,
            parent=event.step, place=place,
        )  # fmt: skip


@_take.register
def _step_completed(event: StepCompleted, tracker: Tracker) -> None:
    tracker.progress.pop(event.step, None)
    old = tracker.steps[event.step]
    tracker.steps[event.step] = StepRecord(
        old.run, old.id, old.name, old.function, old.position, State.COMPLETED, old.label, old.group, old.started, event.time,
        event.duration, old.attempts, old.pid, old.log, old.failure, old.reused_from, old.reason, event.outputs, old.parent,
        old.place,
    )  # fmt: skip


@_take.register
def _step_reused(event: StepReused, tracker: Tracker) -> None:
    old = tracker.steps[event.step]
    tracker.steps[event.step] = StepRecord(
        old.run, old.id, old.name, old.function, old.position, State.REUSED, old.label, old.group, old.started,
        event.time, old.duration, old.attempts, old.pid, old.log, old.failure, event.run, old.reason, event.outputs,
        old.parent, old.place,
    )  # fmt: skip


@_take.register
def _step_retried(event: StepRetried, tracker: Tracker) -> None:
    tracker.change(event.step, reason=f"attempt {event.attempt} failed: {event.failure.kind}: {event.failure.message}")


@_take.register
def _step_failed(event: StepFailed, tracker: Tracker) -> None:
    tracker.progress.pop(event.step, None)
    tracker.change(event.step, state=State.FAILED, ended=event.time, duration=event.duration, failure=event.failure)


@_take.register
def _step_skipped(event: StepSkipped, tracker: Tracker) -> None:
    tracker.change(event.step, state=event.state, ended=event.time, reason=event.reason)


@_take.register
def _metric_logged(event: MetricLogged, tracker: Tracker) -> None:
    tracker.metrics.append(MetricRecord(event.step, event.name, event.value, event.index, event.time))


@_take.register
def _file_logged(event: FileLogged, tracker: Tracker) -> None:
    tracker.files.append(FileRecord(event.step, event.name, event.path, event.time))


@_take.register
def _progressed(event: Progressed, tracker: Tracker) -> None:
    tracker.progress[event.step] = event


@_take.register
def _run_ended(event: RunEnded, tracker: Tracker) -> None:
    if tracker.run is not None:
        tracker.run = attrs.evolve(
            tracker.run, state=event.state, ended=event.time, problem=event.problem, counts=tracker.counts()
        )

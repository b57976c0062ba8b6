"""Keep the records of a run in memory while its events come in: what the terminal and a live ``Run`` show."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, Union, final

import attrs

from ..compilers.garbage import collection_held_back
from ..compilers.graph import Graph, Node
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

StepEvent: TypeAlias = Union[StepStarted, StepUnfolded, StepCompleted, StepReused, StepRetried, StepFailed, StepSkipped]
"""An event that changes the record of a step."""


@final
class StepRecords(Mapping[str, StepRecord]):
    """The records of a run's steps by id, in call order. One is made of what was told of its step when somebody looks at it.

    ``states`` has how each step stands.
    """

    def __init__(self, run: str = "", nodes: Sequence[Node] = ()) -> None:
        self._run = run
        self._nodes = nodes
        self.states = {node.id: State.PENDING for node in nodes}
        self._told: dict[str, tuple[StepEvent, ...]] = {}
        self._made: dict[str, tuple[int, StepRecord]] = {}
        self._unfolded: dict[str, StepRecord] = {}

    def take(self, event: StepEvent) -> None:
        """Take in what happened to a step."""
        step = event.step
        told = self._told.get(step)
        self._told[step] = (event,) if told is None else (*told, event)
        state = event.state if type(event) is StepSkipped else _STATES.get(type(event))
        if state is not None:
            self.states[step] = state

    def unfold(self, event: StepUnfolded) -> None:
        """Take in that a control node began or went on, with the steps that it was unfolded to."""
        parent = self[event.step]
        for node, place in zip(event.nodes, event.places, strict=True):
            self._unfolded[node.id] = self._pending(node, parent.position, event.step, place)
            self.states[node.id] = State.PENDING
        self.take(event)

    def __getitem__(self, step: str) -> StepRecord:
        told = self._told.get(step, ())
        count, record = self._made.get(step) or (0, self._first(step))
        if count < len(told):
            for event in told[count:]:
                record = _AFTER[type(event)](record, event)
            # Of another thread it may be an older one, which is then brought up to date again.
            self._made[step] = (len(told), record)
        return record

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self.states))  # a copy: others look while steps are added

    def __len__(self) -> int:
        return len(self.states)

    def _first(self, step: str) -> StepRecord:
        """Return the record of a step of which nothing was told."""
        unfolded = self._unfolded.get(step)
        return self._pending(*self._placed[step]) if unfolded is None else unfolded

    @functools.cached_property
    def _placed(self) -> Mapping[str, tuple[Node, int]]:
        """The nodes of the graph with their positions."""
        return {node.id: (node, position) for position, node in enumerate(self._nodes)}

    def _pending(self, node: Node, position: int, parent: str | None = None, place: int | None = None) -> StepRecord:
        function = str(node.function)
        return StepRecord(
            self._run, node.id, node.name, function, position, label=node.label, group=node.group, parent=parent, place=place
        )  # fmt: skip


class Tracker:
    """A listener that always knows how the run stands. Records are replaced, never changed: readers need no lock."""

    def __init__(self) -> None:
        self.graph: Graph | None = None
        self.run: RunRecord | None = None
        self.steps = StepRecords()
        self.metrics: list[MetricRecord] = []
        self.files: list[FileRecord] = []
        self.progress: dict[str, Progressed] = {}

    def __call__(self, event: Event) -> None:
        """Take an event in."""
        take = _TAKE.get(type(event))
        if take is None:
            raise TypeError(f"{type(event).__name__} is no event of a run")
        take(self, event)

    def counts(self) -> Counter[State]:
        """Return how many steps are in each state."""
        return Counter(self.steps.states.values())


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
        with collection_held_back():
            return in_order(self._tracker.steps.values())

    def metrics(self) -> tuple[MetricRecord, ...]:
        """Return all metrics so far."""
        return tuple(self._tracker.metrics)

    def files(self) -> tuple[FileRecord, ...]:
        """Return all logged files so far."""
        return tuple(self._tracker.files)


def _run_started(tracker: Tracker, event: RunStarted) -> None:
    tracker.graph = event.graph
    tracker.run = RunRecord(
        event.run, event.graph.name, event.experiment, State.RUNNING, event.time, None, event.parameters, event.tags
    )
    tracker.steps = StepRecords(event.run, event.graph.nodes)


def _run_ended(tracker: Tracker, event: RunEnded) -> None:
    if tracker.run is not None:
        tracker.run = attrs.evolve(
            tracker.run, state=event.state, ended=event.time, problem=event.problem, counts=tracker.counts()
        )


def _step_changed(tracker: Tracker, event: StepEvent) -> None:
    tracker.steps.take(event)


def _step_unfolded(tracker: Tracker, event: StepUnfolded) -> None:
    tracker.steps.unfold(event)


def _step_tried(tracker: Tracker, event: StepCompleted | StepFailed) -> None:
    tracker.progress.pop(event.step, None)
    tracker.steps.take(event)


def _metric_logged(tracker: Tracker, event: MetricLogged) -> None:
    tracker.metrics.append(MetricRecord(event.step, event.name, event.value, event.index, event.time))


def _file_logged(tracker: Tracker, event: FileLogged) -> None:
    tracker.files.append(FileRecord(event.step, event.name, event.path, event.time))


def _progressed(tracker: Tracker, event: Progressed) -> None:
    tracker.progress[event.step] = event


_TAKE: Mapping[type, Callable[[Tracker, Any], None]] = {
    RunStarted: _run_started,
    StepStarted: _step_changed,
    StepUnfolded: _step_unfolded,
    StepCompleted: _step_tried,
    StepReused: _step_changed,
    StepRetried: _step_changed,
    StepFailed: _step_tried,
    StepSkipped: _step_changed,
    MetricLogged: _metric_logged,
    FileLogged: _file_logged,
    Progressed: _progressed,
    RunEnded: _run_ended,
}
"""How each event is taken in."""


def _after_start(old: StepRecord, event: StepStarted) -> StepRecord:
    return StepRecord(  # field by field, as below: it is done for every step that is looked at
        old.run, old.id, old.name, old.function, old.position, State.RUNNING, old.label, old.group, old.started or event.time,
        old.ended, old.duration, event.attempt, event.pid, event.log, old.failure, old.reused_from, event.reason, old.outputs,
        old.parent, old.place,
    )  # fmt: skip


def _after_unfolding(old: StepRecord, event: StepUnfolded) -> StepRecord:
    started, reason = old.started or event.time, event.note or old.reason
    return attrs.evolve(old, state=State.RUNNING, started=started, reason=reason)


def _after_completion(old: StepRecord, event: StepCompleted) -> StepRecord:
    return StepRecord(
        old.run, old.id, old.name, old.function, old.position, State.COMPLETED, old.label, old.group, old.started, event.time,
        event.duration, old.attempts, old.pid, old.log, old.failure, old.reused_from, old.reason, event.outputs, old.parent,
        old.place,
    )  # fmt: skip


def _after_reuse(old: StepRecord, event: StepReused) -> StepRecord:
    return StepRecord(
        old.run, old.id, old.name, old.function, old.position, State.REUSED, old.label, old.group, old.started,
        event.time, old.duration, old.attempts, old.pid, old.log, old.failure, event.run, old.reason, event.outputs,
        old.parent, old.place,
    )  # fmt: skip


def _after_attempt(old: StepRecord, event: StepRetried) -> StepRecord:
    reason = f"attempt {event.attempt} failed: {event.failure.kind}: {event.failure.message}"
    return attrs.evolve(old, reason=reason)


def _after_failure(old: StepRecord, event: StepFailed) -> StepRecord:
    return attrs.evolve(old, state=State.FAILED, ended=event.time, duration=event.duration, failure=event.failure)


def _after_skipping(old: StepRecord, event: StepSkipped) -> StepRecord:
    return attrs.evolve(old, state=event.state, ended=event.time, reason=event.reason)


_AFTER: Mapping[type, Callable[[StepRecord, Any], StepRecord]] = {
    StepStarted: _after_start,
    StepUnfolded: _after_unfolding,
    StepCompleted: _after_completion,
    StepReused: _after_reuse,
    StepRetried: _after_attempt,
    StepFailed: _after_failure,
    StepSkipped: _after_skipping,
}
"""What the record of a step is after each event."""

_STATES: Mapping[type, State] = {
    StepStarted: State.RUNNING,
    StepUnfolded: State.RUNNING,
    StepCompleted: State.COMPLETED,
    StepReused: State.REUSED,
    StepFailed: State.FAILED,
}
"""How a step stands after each event, but for one that was skipped: that says how itself."""

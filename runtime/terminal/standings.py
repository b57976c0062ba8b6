"""Know how a run stands, as a terminal needs it: the records, the newest value of each metric, the time saved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from ...compilers.graph import Control, Graph, Node
from ..events import Event, MetricLogged, RunStarted, StepReused, StepUnfolded
from ..history.records import RunRecord, StepRecord
from ..states import State
from ..tracking import Tracker

URGENCY = (State.FAILED, State.CANCELLED, State.RUNNING)
"""The states that a group takes over from any of its steps, the strongest first."""


class Standing:
    """What has happened in a run up to now. One thread feeds and reads it."""

    def __init__(self) -> None:
        self._tracker = Tracker()
        self.metrics: dict[str, dict[str, float]] = defaultdict(dict)
        self.saved = 0.0
        self.children: dict[str, list[str]] = {}
        self._controls: dict[str, Control] = {}

    def take(self, event: Event) -> None:
        """Take an event in."""
        self._tracker(event)
        if isinstance(event, MetricLogged):
            self.metrics[event.step][event.name] = event.value
        elif isinstance(event, StepReused):
            self.saved += event.saved
        elif isinstance(event, RunStarted):
            self._note_controls(event.graph)
        elif isinstance(event, StepUnfolded):
            self.children.setdefault(event.step, []).extend(node.id for node in event.nodes)
            self._note_controls(event.nodes)

    def _note_controls(self, nodes: Iterable[Node]) -> None:
        self._controls |= {node.id: node.control for node in nodes if node.control is not None}

    def control(self, step: str) -> Control | None:
        """Return what a control node does; None for another step."""
        return self._controls.get(step)

    def items(self, step: str) -> Counter[State]:
        """Return how many items of a mapped call are in each state, each with all that runs for it."""
        places: dict[int, Counter[State]] = defaultdict(Counter)
        for child in self.children.get(step, ()):
            record = self.steps[child]
            if record.place is not None:
                places[record.place][record.state] += 1
        return Counter(map(summed, places.values()))

    @property
    def run(self) -> RunRecord | None:
        """The run's record; None before it started."""
        return self._tracker.run

    @property
    def graph(self) -> Graph | None:
        """The run's graph; None before it started."""
        return self._tracker.graph

    @property
    def steps(self) -> Mapping[str, StepRecord]:
        """The records of the steps by id, in call order."""
        return self._tracker.steps

    def progress(self, step: str) -> tuple[int, int | None, str]:
        """Return how far a step's loop is: done, total (None when unknown) and label."""
        found = self._tracker.progress.get(step)
        return (found.done, found.total, found.label) if found else (0, None, "")

    def counts(self, steps: Iterable[str] | None = None) -> Counter[State]:
        """Return how many steps are in each state: some steps, or all."""
        records = self.steps
        return Counter(records[step].state for step in (records if steps is None else steps))

    def span(self, steps: Iterable[str], now: float) -> float | None:
        """Return the seconds from the first start to the last end, or to now; None where nothing has started."""
        records = [record for record in map(self.steps.__getitem__, steps) if record.started is not None]
        if not records:
            return None
        ends = [now if record.ended is None else record.ended for record in records]
        return max(ends) - min(record.started or now for record in records)


def summed(counts: Mapping[State, int]) -> State:
    """Return one state for many steps: the worst that needs attention, else where the rest stands."""
    for state in URGENCY:
        if counts.get(state):
            return state
    pending, total = counts.get(State.PENDING, 0), sum(counts.values())
    if pending:
        return State.PENDING if pending == total else State.RUNNING
    for state in (State.COMPLETED, State.REUSED):
        if counts.get(state):
            return state
    return State.SKIPPED

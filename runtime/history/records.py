"""Describe what the history remembers: runs, step runs, metrics and logged files, as frozen rows.

Times are seconds since the epoch (UTC); durations are seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import field, frozen

from ..artifacts import Artifact
from ..failures import Failure
from ..states import State


@frozen
class RunRecord:
    """One run. ``counts`` is how many of its steps are in each state; ``facts`` are git, packages and host."""

    id: str
    pipeline: str
    experiment: str
    state: State
    started: float
    ended: float | None = None
    parameters: Mapping[str, str] = field(factory=dict)
    tags: Mapping[str, str] = field(factory=dict)
    problem: str = ""
    graph_digest: str = ""
    facts: Mapping[str, str] = field(factory=dict)
    counts: Mapping[State, int] = field(factory=dict)

    @property
    def duration(self) -> float | None:
        """How long the run took, or None while it is running; 0 where the clock was set back meanwhile."""
        return None if self.ended is None else max(0.0, self.ended - self.started)


@frozen
class StepRecord:
    """One step run. ``reason`` says why it was skipped; ``log`` is its log file, relative to the run's folder.

    ``parent`` is the step that it was unfolded from while that ran, and ``place`` which item or round of that it belongs to.
    """

    run: str
    id: str
    name: str
    function: str
    position: int
    state: State = State.PENDING
    label: str = ""
    group: str | None = None
    started: float | None = None
    ended: float | None = None
    duration: float | None = None
    attempts: int = 0
    pid: int | None = None
    log: str | None = None
    failure: Failure | None = None
    reused_from: str | None = None
    reason: str = ""
    outputs: Mapping[str, Artifact] = field(factory=dict)
    parent: str | None = None
    place: int | None = None

    @property
    def title(self) -> str:
        """What to call the step run where it stands alone: of what was unfolded, with what it stands in."""
        label = self.label or self.id
        return f"{self.group}/{label}" if self.parent and self.group else label


@frozen
class MetricRecord:
    """One logged number. ``index`` is its position along the step's own axis (epoch, batch), if it has one."""

    step: str
    name: str
    value: float
    index: float | None
    time: float


@frozen
class FileRecord:
    """A figure or text that a step logged; ``path`` is relative to the run's folder."""

    step: str
    name: str
    path: str
    time: float


def in_order(records: Iterable[StepRecord]) -> tuple[StepRecord, ...]:
    """Return step runs in call order, each followed by what was unfolded from it; given are they in the order of their coming."""
    known = tuple(records)
    if all(record.parent is None for record in known):
        return known
    children: dict[str | None, list[StepRecord]] = {}
    for record in known:
        children.setdefault(record.parent, []).append(record)
    ordered: list[StepRecord] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        record = waiting.pop()
        ordered.append(record)
        waiting += reversed(children.get(record.id, []))
    return tuple(ordered)

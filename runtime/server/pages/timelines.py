"""Lay out a run in time: when each step ran, what it waited for, and which steps decided how long the run took."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from attrs import evolve, frozen

from ....compilers.graph import Graph
from ....compilers.traversal import dependencies
from ... import amounts
from ...history.records import RunRecord, StepRecord
from ...instances import original
from ...states import State

_MOST = 600
"""Bars that are drawn: those of the steps that began first."""

_WORTH = 0.004
"""The part of a run's time from which on waiting is drawn."""

_SHORTEST = 0.25
"""Hundredths of the width that a bar has at least."""

Span = tuple[float, float]
"""Where something begins, and how long it is, in hundredths of the width."""


@frozen
class Bar:
    """A step that ran: from ``start`` on it was made ready, then it ``ran``. ``waited`` is between its inputs being there and that.

    ``awaited`` is the step whose result came last; ``is_critical`` says that nothing but this step decided when the run went on.
    """

    step: StepRecord
    ran: Span
    prepared: Span
    waited: Span | None
    took: str
    told: str
    awaited: str = ""
    is_critical: bool = False

    @property
    def end(self) -> float:
        """Where the bar ends."""
        return self.ran[0] + self.ran[1]


@frozen
class Timeline:
    """The bars of a run, in the order in which the steps began. ``ticks`` are places with the time that has passed there.

    ``critical`` are the steps of which each waited for the one before it, up to the last one; ``without`` counts steps that took no time.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    critical: tuple[StepRecord, ...] = ()
    critical_time: float = 0.0
    without: int = 0
    left_out: int = 0


def timeline_of(run: RunRecord, steps: Sequence[StepRecord], graph: Graph | None, now: float) -> Timeline:
    """Lay out a run as it stands at a time."""
    ran = sorted(
        (step for step in steps if step.started is not None and step.state is not State.REUSED),
        key=lambda step: (step.started or 0.0, step.position),
    )
    ends = [step.ended for step in steps if step.ended is not None]
    end = max([run.ended or now, *ends])
    scale = _Scale(run.started, max(end - run.started, 0.001), now)
    awaited = _awaited(steps, graph)
    critical = tuple(_critical(ran, awaited))
    chosen = {step.id for step in critical}
    bars = (scale.bar(step, awaited.get(step.id)) for step in ran[:_MOST])
    return Timeline(
        tuple(evolve(bar, is_critical=bar.step.id in chosen) for bar in bars),
        tuple(scale.ticks()),
        critical,
        sum(scale.end(step) - (step.started or 0.0) for step in critical),
        len(steps) - len(ran),
        max(0, len(ran) - _MOST),
    )


@frozen
class _Scale:
    """Turns moments into places."""

    start: float
    length: float
    now: float

    def end(self, step: StepRecord) -> float:
        return step.ended if step.ended is not None else max(self.now, step.started or 0.0)

    def bar(self, step: StepRecord, awaited: StepRecord | None) -> Bar:
        began, ended = step.started or self.start, self.end(step)
        work = ended - began if step.duration is None else min(step.duration, ended - began)
        ready = awaited.ended if awaited is not None and awaited.ended is not None else None
        gap = began - ready if ready is not None else 0.0
        waited = self._span(ready, began) if ready is not None and gap > _WORTH * self.length else None
        parts = [f"began {amounts.duration(began - self.start)} after the run", f"ran {amounts.duration(work)}"]
        if ended - began - work > _WORTH * self.length:
            parts.insert(1, f"was made ready for {amounts.duration(ended - began - work)}")
        if waited and awaited is not None:
            parts.insert(0, f"waited {amounts.duration(gap)} for a free place after {awaited.title}")
        took = amounts.duration(work)
        return Bar(step, self._span(ended - work, ended), self._span(began, ended - work), waited, took, ", ".join(parts),
                   awaited.id if awaited else "")  # fmt: skip

    def _span(self, began: float, ended: float) -> Span:
        left = min(100 * max(0.0, began - self.start) / self.length, 100 - _SHORTEST)
        width = max(100 * (ended - began) / self.length, _SHORTEST)
        return round(left, 2), round(min(width, 100 - left), 2)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Yield places at round times, about five of them."""
        rough = self.length / 5
        power = 10 ** math.floor(math.log10(rough))
        step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough)
        for number in range(int(self.length / step) + 1):
            yield round(100 * number * step / self.length, 2), amounts.duration(number * step) if number else "0"


def _awaited(steps: Sequence[StepRecord], graph: Graph | None) -> Mapping[str, StepRecord]:
    """Return, for each step, the one among those that it needs that ended last."""
    records = {step.id: step for step in steps}
    found: dict[str, StepRecord] = {}
    for step in steps if graph is not None else ():
        needed = [record for record in _needed(step, graph, records) if record.ended is not None]
        if needed:
            found[step.id] = max(needed, key=lambda record: record.ended or 0.0)
    return found


def _needed(step: StepRecord, graph: Graph | None, records: Mapping[str, StepRecord]) -> Iterator[StepRecord]:
    node = original(graph, step.id) if graph is not None else None
    prefix = step.id.rpartition("/")[0] + "/" if "/" in step.id and step.parent else ""
    for name in dependencies(node) if node is not None else ():
        record = records.get(prefix + name) or records.get(name)
        if record is not None and record.id != step.id:
            yield record


def _critical(ran: Sequence[StepRecord], awaited: Mapping[str, StepRecord]) -> list[StepRecord]:
    """Return the way back from the step that ended last, along those that were waited for; what was unfolded is left out."""
    ended = [step for step in ran if step.ended is not None and step.parent is None]
    step = max(ended, key=lambda one: one.ended or 0.0, default=None)
    way: dict[str, StepRecord] = {}
    while step is not None and step.started is not None and step.state is not State.REUSED and step.id not in way:
        way[step.id] = step
        step = awaited.get(step.id)
    return list(way.values())[::-1]

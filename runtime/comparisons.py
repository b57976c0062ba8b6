"""Compare two runs: what went in, what came out, how long it took, and which code changed in between."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

from attrs import frozen

from ..compilers.fingerprints.differences import Difference
from ..compilers.graph import Graph, Node
from .changes import Manifests, code_changes, graph_of
from .history import History
from .history.records import MetricRecord, RunRecord, StepRecord
from .instances import original
from .runs import HistoryRecords, Records, Run
from .states import State
from .workspace import Workspace

T = TypeVar("T")

NOTICEABLE = 0.1
"""The part of a duration, and the seconds, by which two durations must differ to count as different."""


class _Differing(Protocol):
    """Something of two runs that may differ."""

    @property
    def differs(self) -> bool: ...


@frozen
class Change:
    """A named fact of two runs; None where a run has none of that name."""

    name: str
    before: str | None
    after: str | None

    @property
    def differs(self) -> bool:
        """Whether the runs differ in it."""
        return self.before != self.after


@frozen
class MetricChange:
    """The last value of a metric of a step in two runs; None where it was not logged."""

    step: str
    name: str
    before: float | None
    after: float | None

    @property
    def differs(self) -> bool:
        """Whether the values differ; NaN is the same as NaN."""
        if self.before is None or self.after is None:
            return self.before is not self.after
        both_nan = math.isnan(self.before) and math.isnan(self.after)
        return self.before != self.after and not both_nan

    @property
    def difference(self) -> float | None:
        """The later value less the earlier one; None where one is missing."""
        return None if self.before is None or self.after is None else self.after - self.before

    @property
    def percentage(self) -> float | None:
        """The difference in percent of the earlier value; None where that is no number or 0."""
        difference = self.difference
        if difference is None or not self.before or not math.isfinite(self.before) or not math.isfinite(difference):
            return None
        return 100 * difference / abs(self.before)


@frozen
class StepChange:
    """A step in two runs; None where a run has none of that id."""

    step: str
    before: StepRecord | None
    after: StepRecord | None

    @property
    def differs(self) -> bool:
        """Whether the states, the outputs, or noticeably the durations differ."""
        if self.before is None or self.after is None:
            return True
        return self.before.state is not self.after.state or self.same_outputs is False or self.takes_another_time

    @property
    def came_out_otherwise(self) -> bool:
        """Whether one run lacks the step, one did not get its result, or the results differ; reuse makes no difference."""
        if self.before is None or self.after is None:
            return True
        return self.before.state.succeeded is not self.after.state.succeeded or self.same_outputs is False

    @property
    def same_outputs(self) -> bool | None:
        """Whether both made the same outputs, by content; None where one made none."""
        if self.before is None or self.after is None or not self.before.outputs or not self.after.outputs:
            return None
        before, after = ({name: one.digest for name, one in step.outputs.items()} for step in (self.before, self.after))
        return before == after

    @property
    def takes_another_time(self) -> bool:
        """Whether the durations differ by a tenth, and by a tenth of a second; a reused step took none."""
        before, after = duration_of(self.before), duration_of(self.after)
        if before is None or after is None:
            return False
        return abs(after - before) >= max(NOTICEABLE, NOTICEABLE * max(before, after))


@frozen
class CodeChange:
    """A definition, package or interpreter that the code of some steps reaches, and that was another one before.

    ``change`` is None where the code of the steps differs and the history does not know in what.
    """

    change: Difference | None
    steps: tuple[str, ...]


@frozen
class Comparison:
    """Two runs side by side, ``before`` and ``after``. Everything is listed, also what is equal; see ``differs``."""

    before: RunRecord
    after: RunRecord
    facts: tuple[Change, ...]
    parameters: tuple[Change, ...]
    metrics: tuple[MetricChange, ...]
    steps: tuple[StepChange, ...]
    code: tuple[CodeChange, ...]
    packages: tuple[Change, ...]

    @property
    def differs(self) -> bool:
        """Whether anything but times, machines and commands differs: what went in, what came out, or the code."""
        listed: tuple[Sequence[_Differing], ...] = (self.parameters, self.metrics, self.packages)
        came_out = any(step.came_out_otherwise for step in self.steps)
        return bool(self.code) or came_out or any(change.differs for changes in listed for change in changes)

    def __str__(self) -> str:
        return f"runs {self.before.id} and {self.after.id} {'differ' if self.differs else 'do not differ'}"


def duration_of(step: StepRecord | None) -> float | None:
    """Return how many seconds a step took; None for one that did not run to its end here."""
    return None if step is None or step.state is State.REUSED else step.duration


def compared(before: Run | str, after: Run | str, workspace: Workspace | None = None) -> Comparison:
    """Compare two runs; see :func:`penstock.runtime.asking.compare`."""
    old, new = _side(before, workspace), _side(after, workspace)
    was, now = old.records.record(), new.records.record()
    steps = tuple(
        StepChange(step, *pair) for step, *pair in _paired(_by_id(old.records.steps()), _by_id(new.records.steps()))
    )
    return Comparison(
        was,
        now,
        _changes(_facts(was), _facts(now)),
        _changes(was.parameters, now.parameters),
        _metrics(old.records.metrics(), new.records.metrics(), [change.step for change in steps]),
        steps,
        tuple(_code(old, new, [change.step for change in steps if change.before and change.after])),
        _changes(_packages(old), _packages(new)),
    )


@frozen
class _Side:
    """One of the two runs; ``history`` and ``graph`` are None where there is none to ask, or none was kept."""

    records: Records
    graph: Graph | None
    history: History | None

    def node(self, step: str) -> Node | None:
        """Return the node that a step run is of."""
        return None if self.graph is None else original(self.graph, step)


def _side(run: Run | str, workspace: Workspace | None) -> _Side:
    if not isinstance(run, str):
        records = run.records
        return _Side(records, run.graph, records.history if isinstance(records, HistoryRecords) else None)
    history = (workspace or Workspace.open()).history
    found = history.run(run).id
    return _Side(HistoryRecords(history, found), graph_of(history, found), history)


def _by_id(steps: Sequence[StepRecord]) -> dict[str, StepRecord]:
    return {step.id: step for step in steps}


def _paired(before: Mapping[str, T], after: Mapping[str, T]) -> Iterator[tuple[str, T | None, T | None]]:
    """Yield the names of both, in the order of the later run, and what each has."""
    names = dict.fromkeys((*after, *before))
    return ((name, before.get(name), after.get(name)) for name in names)


def _changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(Change(*pair) for pair in _paired(before, after))


def _facts(run: RunRecord) -> dict[str, str]:
    own = {"pipeline": run.pipeline, "experiment": run.experiment, "state": run.state.value, "problem": run.problem}
    tags = {f"tag {name}": value for name, value in run.tags.items()}
    return {name: value for name, value in {**own, **tags, **run.facts}.items() if value}


def _metrics(
    before: Sequence[MetricRecord], after: Sequence[MetricRecord], steps: Sequence[str]
) -> tuple[MetricChange, ...]:
    """Return the metrics of both in the order of the steps, those of one step as they were logged first."""
    old, new = ({(metric.step, metric.name): metric.value for metric in metrics} for metrics in (before, after))
    positions = {step: position for position, step in enumerate(steps)}
    names = sorted(dict.fromkeys((*new, *old)), key=lambda name: positions.get(name[0], len(positions)))
    return tuple(MetricChange(*name, old.get(name), new.get(name)) for name in names)


def _packages(side: _Side) -> Mapping[str, str]:
    return {} if side.history is None else side.history.packages(side.records.record().id)


def _code(old: _Side, new: _Side, steps: Sequence[str]) -> Iterator[CodeChange]:
    """Yield what changed in the code of steps that both runs have, each definition once with the steps that reach it."""
    found: dict[object, tuple[Difference | None, list[str]]] = {}
    changes = functools.cache(functools.partial(code_changes, manifests=_manifests(old, new)))
    for step in steps:
        was, now = old.node(step), new.node(step)
        if was is None or now is None:
            continue
        known = changes(was.fingerprint, now.fingerprint)
        for change in (None,) if known is None else known:
            key = change and (change.kind, change.name, change.file, change.before, change.after)
            found.setdefault(key, (change, []))[1].append(step)
    return (CodeChange(change, tuple(steps)) for change, steps in found.values())


def _manifests(*sides: _Side) -> Manifests:
    kept = next((side.history for side in sides if side.history is not None), None)
    return (lambda _: None) if kept is None else kept.cache.manifest

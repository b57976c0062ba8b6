"""Explain which steps are reused and which run, and why: after a run, or before one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Literal, TypeAlias, final

from attrs import field, frozen

from ...compilers.fingerprints.differences import Difference
from ...compilers.graph import Graph
from ...compilers.lowering import compile_pipeline
from ...compilers.traversal import dependencies
from ..calls import Calls
from ..changes import EarlierCode, Manifests, graph_of
from ..explanations import EXPECTED
from ..history import History
from ..history.records import RunRecord, StepRecord
from ..runs import HistoryRecords, Run
from ..scheduling import Scheduler
from ..states import State
from ..whereabouts import Whereabouts
from ..workspace import Workspace
from .preparing import Prepared, prepare

_RAN = (State.COMPLETED, State.FAILED, State.RUNNING)

Decision: TypeAlias = Literal["reused", "runs", "depends", "skipped"]


@frozen
class Verdict:
    """What becomes, or became, of one step: ``reason`` names the change, ``run`` the run that it is reused from.

    ``changes`` are the changes of code that the reason speaks of, with what was written before and after.
    """

    step: str
    label: str
    decision: Decision
    reason: str
    run: str = ""
    changes: tuple[Difference, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        return f"{self.label}: {self.decision}: {self.reason}" if self.reason else f"{self.label}: {self.decision}"


@final
class Explanation(Sequence[Verdict]):
    """The verdicts on all steps, in call order. Printed, one line a step."""

    def __init__(self, verdicts: Sequence[Verdict]) -> None:
        self._verdicts = tuple(verdicts)

    def __getitem__(self, index: Any) -> Any:
        """Return a verdict by position."""
        return self._verdicts[index]

    def __len__(self) -> int:
        return len(self._verdicts)

    def __str__(self) -> str:
        return "\n".join(map(str, self._verdicts))

    __repr__ = __str__


def explain(
    subject: Run | Callable[..., object], *args: Any, workspace: Workspace | str | None = None, **kwargs: Any
) -> Explanation:
    """Explain a run that has ended; or a pipeline with its parameters, without running anything.

    Before a run, a step that waits for one that will run is said to depend on it: it is reused if the result stays the same.
    Raises what compiling raises.
    """
    if isinstance(subject, Run):
        steps = subject.records.steps()
        history = subject.records.history if isinstance(subject.records, HistoryRecords) else None
        changed = told_changes(history, subject.record, steps) if history else {}
        return Explanation([_after(record, changed.get(record.id, ())) for record in steps])
    return explain_ahead(prepare(compile_pipeline(subject, args, kwargs), workspace))


def told_changes(history: History, run: RunRecord, steps: Sequence[StepRecord]) -> dict[str, tuple[Difference, ...]]:
    """Return the changes of code that the reasons of a run's steps speak of, by step."""
    ran = [record for record in steps if record.state in _RAN and record.reason not in EXPECTED]
    graph = graph_of(history, run.id) if ran else None
    if graph is None:
        return {}
    earlier = EarlierCode(history, run.pipeline, history.cache.manifest, run.id)
    return {
        record.id: earlier.told(record.id, graph[record.id].fingerprint, record.reason)
        for record in ran
        if record.id in graph
    }


def _after(record: StepRecord, changes: tuple[Difference, ...]) -> Verdict:
    label = record.label or record.id
    if record.state is State.REUSED:
        return Verdict(record.id, label, "reused", f"from run {record.reused_from}", record.reused_from or "")
    if record.state in (State.SKIPPED, State.CANCELLED):
        return Verdict(record.id, label, "skipped", record.reason)
    return Verdict(record.id, label, "runs", record.reason, changes=changes)


def explain_ahead(prepared: Prepared) -> Explanation:
    """Explain what a prepared run would do."""
    return Explanation(tuple(_ahead(prepared)))


def _ahead(prepared: Prepared) -> Iterator[Verdict]:
    graph = prepared.compiled.graph
    values = prepared.given.values()
    where = Whereabouts(prepared.compiled.root, lambda: prepared.workspace.datastores)
    calls = Calls("", where, prepared.store, values, prepared.reuse)
    scheduler, verdicts = Scheduler(graph), dict[str, Verdict]()
    earlier_code = EarlierCode(prepared.workspace.history, graph.name, _manifests(prepared))
    while fresh := scheduler.fresh():
        nodes = [graph[step] for step in fresh]
        found = calls.earlier(nodes)
        for node in nodes:
            earlier = found.get(node.id)
            if earlier is None:
                why = calls.why(node)
                told = earlier_code.told(node.id, node.fingerprint, why)
                verdicts[node.id] = Verdict(node.id, node.label, "runs", why, changes=told)
                continue
            values.outputs[node.id] = earlier.outputs
            scheduler.start(node.id)
            scheduler.succeed(node.id, State.REUSED)
            verdicts[node.id] = Verdict(node.id, node.label, "reused", f"from run {earlier.run}", earlier.run)
    for node in graph:
        yield verdicts.get(node.id) or Verdict(node.id, node.label, "depends", _waits_for(graph, node.id, verdicts))


def _manifests(prepared: Prepared) -> Manifests:
    known, kept = prepared.compiled.manifests, prepared.workspace.history.cache
    return lambda fingerprint: known.get(fingerprint) or kept.manifest(fingerprint)


def _waits_for(graph: Graph, step: str, verdicts: dict[str, Verdict]) -> str:
    awaited = [
        needed for needed in dependencies(graph[step]) if needed not in verdicts or verdicts[needed].decision == "runs"
    ]
    return f"on what {', '.join(awaited)} will return"

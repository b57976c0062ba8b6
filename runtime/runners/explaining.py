"""Explain which steps are reused and which run, and why: after a run, or before one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, final

from attrs import field, frozen

from ...compilers.fingerprints.differences import Difference
from ...compilers.graph import Node
from ...compilers.lowering import compile_pipeline
from ...compilers.traversal import dependencies
from ..artifacts import Artifact
from ..calls import Calls
from ..changes import EarlierCode, Manifests, graph_of
from ..explanations import EXPECTED
from ..history import History
from ..history.records import RunRecord, StepRecord
from ..instances import original
from ..rehearsals import Rehearsal
from ..runs import HistoryRecords, Run
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


def explained(
    subject: Run | Callable[..., object],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    workspace: Workspace | str | None = None,
) -> Explanation:
    """Explain a run, or a pipeline with its parameters; see :func:`penstock.runtime.asking.explain`."""
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
    nodes = [original(graph, record.id) for record in ran]
    return {
        record.id: earlier.told(record.id, node.fingerprint, record.reason)
        for record, node in zip(ran, nodes, strict=True)
        if node is not None
    }


def _after(record: StepRecord, changes: tuple[Difference, ...]) -> Verdict:
    label = record.title
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
    where = Whereabouts(prepared.compiled.root, lambda: prepared.workspace.datastores)
    rehearsal, verdicts = Rehearsal(graph, prepared.given.values(), prepared.store), dict[str, Verdict]()
    calls = Calls("", where, prepared.store, rehearsal.values, prepared.reuse)
    earlier_code = EarlierCode(prepared.workspace.history, graph.name, _manifests(prepared))

    def meet(nodes: Sequence[Node]) -> dict[str, Mapping[str, Artifact]]:
        found = calls.earlier(nodes)
        for node in nodes:
            earlier, label = (
                found.get(node.id),
                _called(node.id, node.label, node.group if node.id not in graph else None),
            )
            if earlier is not None:
                verdicts[node.id] = Verdict(node.id, label, "reused", f"from run {earlier.run}", earlier.run)
                continue
            why = calls.why(node)
            told = earlier_code.told(node.id, node.fingerprint, why)
            verdicts[node.id] = Verdict(node.id, label, "runs", why, changes=told)
        return {step: earlier.outputs for step, earlier in found.items()}

    rehearsal.go(meet)
    for node in rehearsal.in_order():
        yield verdicts.get(node.id) or _undecided(node, rehearsal, verdicts)


def _called(step: str, label: str, group: str | None) -> str:
    """Return what to call a step; of what was unfolded, with what it stands in."""
    return f"{group}/{label or step.rpartition('/')[2]}" if group else label or step


def _undecided(node: Node, rehearsal: Rehearsal, verdicts: Mapping[str, Verdict]) -> Verdict:
    """Say what becomes of a control node, or of a step whose inputs are not known yet."""
    state = rehearsal.scheduler.states.get(node.id, State.SKIPPED)
    label = _called(node.id, node.label, node.group if node.id not in rehearsal.graph else None)
    if node.id in rehearsal.failures:
        return Verdict(node.id, label, "runs", f"it will fail: {rehearsal.failures[node.id].message}")
    if state is State.SKIPPED:
        reason = rehearsal.scheduler.reasons.get(node.id) or rehearsal.notes.get(node.id, "")
        return Verdict(node.id, label, "skipped", reason)
    if state is State.COMPLETED:
        return Verdict(node.id, label, "reused", "with all that it unfolds to")
    if state is State.RUNNING:
        return Verdict(node.id, label, "runs", "with what follows that has no result yet")
    awaited = [needed for needed in dependencies(node) if needed not in verdicts or verdicts[needed].decision == "runs"]
    reason = f"on what {', '.join(awaited)} will return" if awaited else "on how all else ends"
    return Verdict(node.id, label, "depends", reason + (" (decided while it runs)" if node.control else ""))


def _manifests(prepared: Prepared) -> Manifests:
    known, kept = prepared.compiled.manifests, prepared.workspace.history.cache
    return lambda fingerprint: known.get(fingerprint) or kept.manifest(fingerprint)

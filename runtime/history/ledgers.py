"""Keep account of one run while it goes on: the rows as they stand, and which of them are not written yet.

Rows are changed in memory and written as they stand, so many events about a step cost one write, and a write that fails
loses nothing: what was not written stays marked.
"""

from __future__ import annotations

import functools
import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import define, field
from blake3 import blake3

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Graph, Node
from ...compilers.serialisation import digest, to_json
from .. import events
from ..artifacts import Artifact
from ..bases import Basis
from ..events import Event
from ..states import State
from . import processes
from .cache import basis_text
from .tables import (
    ARTIFACTS,
    ATTEMPTS,
    BASES,
    DEFINITIONS,
    FILES,
    FINGERPRINTS,
    GRAPHS,
    METRICS,
    PACKAGES,
    RESULTS,
    RUNS,
    STEPS,
    ArtifactRow,
    AttemptRow,
    FileRow,
    MetricRow,
    RunRow,
    StepRow,
    Table,
    artifact_row,
    failure_text,
    plain,
    values_of,
)  # fmt: skip

Changes = Sequence[tuple[Table, Sequence[Sequence[object]]]]
"""Rows to write, by table, in an order that keeps every reference."""


@define
class Ledger:
    """The rows of one run. ``changed`` and ``attempts`` are what the next write must bring up to date."""

    run: RunRow
    steps: dict[str, StepRow] = field(factory=dict)
    counts: Counter[str] = field(factory=Counter)
    run_changed: bool = True
    changed: set[str] = field(factory=set)
    attempts: dict[str, AttemptRow] = field(factory=dict)
    changed_attempts: dict[tuple[str, int], AttemptRow] = field(factory=dict)
    artifacts: list[ArtifactRow] = field(factory=list)
    metrics: list[MetricRow] = field(factory=list)
    files: list[FileRow] = field(factory=list)
    documents: list[tuple[Table, str, str]] = field(factory=list)
    results: list[tuple[str, str, str, float, float]] = field(factory=list)
    bases: list[tuple[str, str, str]] = field(factory=list)
    manifests: dict[str, Manifest] = field(factory=dict)
    logged: int = 0

    @property
    def ended(self) -> bool:
        """Whether the run has ended."""
        return State(self.run.state).ended

    @property
    def written(self) -> bool:
        """Whether there is nothing to write."""
        return not (
            self.run_changed or self.changed or self.changed_attempts or self.metrics or self.files or self.artifacts
        )

    def changes(self) -> Changes:
        """Return what must be written."""
        self.run.counts = json.dumps(+self.counts)
        steps = [self.steps[step] for step in self.changed]
        return [
            *((table, [(key, text)]) for table, key, text in self.documents),
            (RUNS, _values(RUNS, [self.run])),
            (STEPS, _values(STEPS, steps)),
            (ATTEMPTS, _values(ATTEMPTS, self.changed_attempts.values())),
            (ARTIFACTS, _values(ARTIFACTS, self.artifacts)),
            (METRICS, _values(METRICS, self.metrics)),
            (FILES, _values(FILES, self.files)),
            (RESULTS, self.results),
            (BASES, self.bases),
        ]

    def mark_written(self) -> None:
        """Forget what :meth:`changes` returned: it is in the database."""
        self.run_changed = False
        for written in (self.changed, self.changed_attempts, self.artifacts, self.metrics, self.files, self.documents):
            written.clear()
        self.results.clear()
        self.bases.clear()

    def change(self, step: str, time: float, state: State | None = None, **values: object) -> StepRow:
        """Change the row of a step, made when the graph has no such node (an item of a mapped call)."""
        row = self.steps.get(step) or self._item(step)
        for name, value in values.items():
            setattr(row, name, value)
        if state is not None:
            self.counts[row.state] -= 1
            self.counts[state.value] += 1
            row.state = state.value
        self.changed.add(step)
        self.beat(time)
        return row

    def keep(self, step: str, outputs: Mapping[str, Artifact]) -> None:
        """Keep the outputs of a step, or the inputs of the run where ``step`` is empty."""
        self.artifacts += [
            artifact_row(self.run.id, step, position, name, artifact)
            for position, (name, artifact) in enumerate(outputs.items())
        ]

    def keep_basis(self, step: str, basis: Basis | None) -> None:
        """Keep what the latest step run was based on: the next one is compared with it."""
        if basis is not None and basis.key is not None:
            self.bases.append((self.run.pipeline, step, basis_text(basis)))

    def keep_result(self, event: events.StepCompleted) -> None:
        """Keep the key of a result, which finds the outputs again, and what its fingerprint covers."""
        basis = event.basis
        if basis is None or basis.key is None:
            return
        self.results.append((basis.key, self.run.id, event.step, event.time, event.duration))
        manifest = self.manifests.pop(basis.fingerprint or "", None)
        if manifest is not None:
            index, definitions = manifest.split()
            self.documents.append((FINGERPRINTS, basis.fingerprint or "", json.dumps(index)))
            self.documents += [(DEFINITIONS, key, json.dumps(content)) for key, content in definitions.items()]

    def count(self) -> int:
        """Return the next number of what is logged in this run."""
        self.logged += 1
        return self.logged

    def add_facts(self, facts: Mapping[str, str], packages: Mapping[str, str]) -> None:
        """Add what was found out about the machine, the code and the installed packages."""
        self.run.facts = _mapping(facts)
        self.run_changed = True
        if packages:
            self.run.packages = self.add_document(PACKAGES, _mapping(packages))

    def add_document(self, table: Table, text: str) -> str:
        """Keep a document under its digest, once for all runs, and return the digest."""
        kept = plain(text)
        key = blake3(kept.encode()).hexdigest()
        self.documents.append((table, key, kept))
        return key

    def beat(self, time: float) -> None:
        """Give a sign of life."""
        self.run.seen = max(self.run.seen, time)
        self.run_changed = True

    def abandon(self, state: State, problem: str) -> None:
        """End a run that nobody has ended: its running steps failed, the others never ran."""
        seen = self.run.seen
        for row in [row for row in self.steps.values() if not State(row.state).ended]:
            ending = State.FAILED if row.state == State.RUNNING.value else State.CANCELLED
            self.change(row.id, seen, ending, ended=seen, reason=problem)
            _end_attempt(self, row.id, seen)
        absorb(events.RunEnded(self.run.id, seen, state, problem), self)

    def _item(self, step: str) -> StepRow:
        """Make the row of a step that is no node of the graph, placed beside the node that it belongs to."""
        node = self.steps.get(step.partition("[")[0])
        ordinal = len(self.steps)
        if node is None:
            row = StepRow(self.run.id, step, step, "", ordinal, ordinal)
        else:
            row = StepRow(self.run.id, step, node.name, node.function, node.position, ordinal, group_id=node.group_id)
        self.steps[step] = row
        self.counts[row.state] += 1
        return row


def open_ledger(event: events.RunStarted) -> Ledger:
    """Open the account of a run that begins."""
    graph = event.graph
    ledger = Ledger(_run_row(event))
    ledger.steps = {node.id: _step_row(event.run, position, node) for position, node in enumerate(graph)}
    ledger.counts[State.PENDING.value] = len(ledger.steps)
    ledger.changed = set(ledger.steps)
    ledger.keep("", event.inputs)
    ledger.manifests = dict(event.manifests)
    return ledger


def add_graph(ledger: Ledger, graph: Graph) -> None:
    """Keep the graph's document. Graphs that differ in comments only share a digest, but have documents of their own."""
    ledger.run.graph_digest = digest(graph)
    ledger.run.graph = ledger.add_document(GRAPHS, to_json(graph))
    ledger.run_changed = True


@functools.singledispatch
def absorb(event: Event, ledger: Ledger) -> None:
    """Change the rows as an event tells. Events that leave nothing behind (progress) are passed over."""


@absorb.register
def _step_started(event: events.StepStarted, ledger: Ledger) -> None:
    row = ledger.change(event.step, event.time, State.RUNNING, attempts=event.attempt, pid=event.pid, log=event.log)
    row.reason = plain(event.reason)
    row.started = event.time if row.started is None else row.started
    attempt = AttemptRow(ledger.run.id, event.step, event.attempt, event.time, None, event.pid, event.log)
    ledger.attempts[event.step] = attempt
    ledger.changed_attempts[event.step, event.attempt] = attempt


@absorb.register
def _step_completed(event: events.StepCompleted, ledger: Ledger) -> None:
    ledger.change(event.step, event.time, State.COMPLETED, ended=event.time, duration=event.duration)
    ledger.keep(event.step, event.outputs)
    ledger.keep_basis(event.step, event.basis)
    ledger.keep_result(event)
    _end_attempt(ledger, event.step, event.time)


@absorb.register
def _step_reused(event: events.StepReused, ledger: Ledger) -> None:
    row = ledger.change(
        event.step, event.time, State.REUSED, ended=event.time, reused_from=event.run, saved=event.saved
    )
    row.started = event.time if row.started is None else row.started
    ledger.keep(event.step, event.outputs)
    ledger.keep_basis(event.step, event.basis)


@absorb.register
def _step_retried(event: events.StepRetried, ledger: Ledger) -> None:
    failure = failure_text(event.failure)
    ledger.change(event.step, event.time, failure=failure)
    _end_attempt(ledger, event.step, event.time, failure)


@absorb.register
def _step_failed(event: events.StepFailed, ledger: Ledger) -> None:
    failure = failure_text(event.failure)
    ledger.change(event.step, event.time, State.FAILED, ended=event.time, duration=event.duration, failure=failure)
    _end_attempt(ledger, event.step, event.time, failure)


@absorb.register
def _step_skipped(event: events.StepSkipped, ledger: Ledger) -> None:
    ledger.change(event.step, event.time, event.state, ended=event.time, reason=plain(event.reason))


@absorb.register
def _metric_logged(event: events.MetricLogged, ledger: Ledger) -> None:
    axis = None if event.index is None else float(event.index)
    row = MetricRow(ledger.run.id, event.step, ledger.count(), plain(event.name), event.value, axis, event.time)
    ledger.metrics.append(row)


@absorb.register
def _file_logged(event: events.FileLogged, ledger: Ledger) -> None:
    row = FileRow(ledger.run.id, event.step, ledger.count(), plain(event.name), plain(event.path), event.time)
    ledger.files.append(row)


@absorb.register
def _run_ended(event: events.RunEnded, ledger: Ledger) -> None:
    run = ledger.run
    run.state, run.ended, run.problem = event.state.value, event.time, plain(event.problem)
    ledger.beat(event.time)


def _end_attempt(ledger: Ledger, step: str, time: float, failure: str | None = None) -> None:
    attempt = ledger.attempts.pop(step, None)
    if attempt is None:
        return
    attempt.ended, attempt.failure = time, failure
    ledger.changed_attempts[step, attempt.number] = attempt


def _run_row(event: events.RunStarted) -> RunRow:
    pid = os.getpid()
    return RunRow(
        event.run, plain(event.graph.name), plain(event.experiment), State.RUNNING.value, event.time, None, event.time, "",
        _mapping(event.parameters), _mapping(event.tags), "{}", "{}", "", None, None,
        processes.host(), pid, processes.identity(pid) or "",
    )  # fmt: skip


def _step_row(run: str, position: int, node: Node) -> StepRow:
    function, label = plain(str(node.function)), plain(node.label)
    return StepRow(run, node.id, node.name, function, position, label=label, group_id=node.group)


def _mapping(values: Mapping[str, str]) -> str:
    return json.dumps({str(name): str(value) for name, value in values.items()})


def _values(table: Table, rows: Iterable[object]) -> list[Sequence[object]]:
    return list(map(values_of(table), rows))


def writable(changes: Changes) -> Iterator[tuple[str, Sequence[Sequence[object]]]]:
    """Yield the statements that write changes, each with its rows."""
    for table, rows in changes:
        if rows:
            yield table.upsert, rows

"""Keep account of one run while it goes on: the rows as they stand, and which of them are not written yet.

Rows are changed in memory and written as they stand, so many events about a step cost one write, and a write that fails
loses nothing: what was not written stays marked.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import define, field
from blake3 import blake3

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Graph, Node
from ...compilers.serialisation import document_and_digest
from .. import events
from ..artifacts import Artifact
from ..states import State
from . import processes
from .cache import basis_text, outputs_text
from .connections import Row
from .tables import (
    ARTIFACTS,
    ATTEMPTS,
    DEFINITIONS,
    FILES,
    FINGERPRINTS,
    GRAPHS,
    LATEST,
    METRICS,
    PACKAGES,
    RESULTS,
    RUNS,
    STEPS,
    AttemptRow,
    FileRow,
    MetricRow,
    RunRow,
    StepRow,
    Table,
    artifact_row,
    plain,
    values_of,
)  # fmt: skip

Changes = Sequence[tuple[Table, Sequence[Sequence[object]]]]
"""Rows to write, by table, in an order that keeps every reference."""


_TEXTS = {state: state.value for state in State}
"""The states as they are written; to ask a member for its value takes longer than to look it up."""


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
    artifacts: list[Row] = field(factory=list)
    metrics: list[MetricRow] = field(factory=list)
    metric_counts: Counter[str] = field(factory=Counter)
    files: list[FileRow] = field(factory=list)
    documents: list[tuple[Table, str, str]] = field(factory=list)
    results: list[Row] = field(factory=list)
    latest: list[Row] = field(factory=list)
    manifests: dict[str, Manifest] = field(factory=dict)
    fingerprints: dict[str, str | None] = field(factory=dict)
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
            (ARTIFACTS, self.artifacts),
            (METRICS, _values(METRICS, self.metrics)),
            (FILES, _values(FILES, self.files)),
            (RESULTS, self.results),
            (LATEST, self.latest),
        ]

    def mark_written(self) -> None:
        """Forget what :meth:`changes` returned: it is in the database."""
        self.run_changed = False
        for written in (self.changed, self.changed_attempts, self.artifacts, self.metrics, self.files, self.documents):
            written.clear()
        self.results.clear()
        self.latest.clear()

    def change(self, step: str, time: float, state: State | None = None, **values: object) -> StepRow:
        """Change the row of a step."""
        row = self.steps[step]
        for name, value in values.items():
            setattr(row, name, value)
        if state is not None:
            self.enter(row, _TEXTS[state])
        self.changed.add(step)
        self.beat(time)
        return row

    def enter(self, row: StepRow, state: str) -> None:
        """Give a step another state."""
        self.counts[row.state] -= 1
        self.counts[state] += 1
        row.state = state

    def unfold(self, event: events.StepUnfolded) -> None:
        """Make the rows of what a control node was unfolded to, placed behind its own."""
        parent = self.steps[event.step]
        for node, place in zip(event.nodes, event.places, strict=True):
            row = _step_row(self.run.id, parent.position, node)
            row.ordinal, row.parent, row.place = len(self.steps), event.step, place
            self.steps[node.id] = row
            self.fingerprints[node.id] = node.fingerprint
            self.changed.add(node.id)
        self.counts[State.PENDING.value] += len(event.nodes)

    def keep(self, step: str, outputs: Mapping[str, Artifact]) -> None:
        """Keep the outputs of a step, or the inputs of the run where ``step`` is empty."""
        self.artifacts += [
            artifact_row(self.run.id, step, position, name, artifact)
            for position, (name, artifact) in enumerate(outputs.items())
        ]

    def keep_latest(self, step: str, key: str | None) -> None:
        """Keep the key of the latest step run: the next one is compared with it."""
        if key is not None:
            self.latest.append((self.run.pipeline, step, key))

    def keep_result(self, event: events.StepCompleted) -> None:
        """Keep a result under its key, which finds it again, and what its fingerprint covers."""
        basis = event.basis
        if basis is None or basis.key is None:
            return
        metrics = self.metric_counts[event.step]
        outputs, based_on = outputs_text(event.outputs), basis_text(basis)
        place = basis.key, self.run.id, event.step, basis.fingerprint or ""
        self.results.append((*place, event.time, event.duration, metrics, outputs, based_on))
        self.keep_latest(event.step, basis.key)
        self.keep_manifest(basis.fingerprint)

    def keep_manifest(self, fingerprint: str | None) -> None:
        """Keep what a fingerprint covers, once."""
        manifest = self.manifests.pop(fingerprint or "", None)
        if manifest is not None:
            index, definitions = manifest.split()
            self.documents.append((FINGERPRINTS, fingerprint or "", json.dumps(index)))
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
        if time > self.run.seen:
            self.run.seen = time
        self.run_changed = True

    def abandon(self, state: State, problem: str) -> None:
        """End a run that nobody has ended: its running steps failed, the others never ran."""
        seen = self.run.seen
        for row in [row for row in self.steps.values() if not State(row.state).ended]:
            ending = State.FAILED if row.state == State.RUNNING.value else State.CANCELLED
            self.change(row.id, seen, ending, ended=seen, reason=problem)
            self.end_attempt(row.id, seen)
        self.end(seen, state, problem)

    def end(self, time: float, state: State, problem: str) -> None:
        """End the run."""
        self.run.state, self.run.ended, self.run.problem = state.value, time, plain(problem)
        self.beat(time)

    def begin_attempt(self, attempt: AttemptRow) -> None:
        """Note that an attempt at a step has begun. The first is written when there is another: the step's row tells of it."""
        self.attempts[attempt.step] = attempt
        if attempt.number > 1:
            self.changed_attempts[attempt.step, attempt.number] = attempt

    def end_attempt(self, step: str, time: float, failure: str | None = None, *, is_last: bool = True) -> None:
        """End the attempt that a step is at, if it has begun one."""
        attempt = self.attempts.pop(step, None)
        if attempt is None or (is_last and attempt.number == 1):
            return
        attempt.ended, attempt.failure = time, failure
        self.changed_attempts[step, attempt.number] = attempt


def open_ledger(event: events.RunStarted) -> Ledger:
    """Open the account of a run that begins."""
    graph = event.graph
    ledger = Ledger(_run_row(event), fingerprints={node.id: node.fingerprint for node in graph})
    ledger.steps = {node.id: _step_row(event.run, position, node) for position, node in enumerate(graph)}
    ledger.counts[State.PENDING.value] = len(ledger.steps)
    ledger.changed = set(ledger.steps)
    ledger.keep("", event.inputs)
    ledger.manifests = dict(event.manifests)
    return ledger


def add_graph(ledger: Ledger, graph: Graph) -> None:
    """Keep the graph's document. Graphs that differ in comments only share a digest, but have documents of their own."""
    document, ledger.run.graph_digest = document_and_digest(graph)
    ledger.run.graph = ledger.add_document(GRAPHS, document)
    ledger.run_changed = True


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

"""Keep account of one run while it goes on: the rows as they stand, and which of them are not written yet.

Rows are changed in memory and written as they stand, so many events about a step cost one write, and a write that fails
loses nothing: what was not written stays marked.
"""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any

from attrs import define, field
from blake3 import blake3

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Graph, Node
from ...compilers.serialisation import document_and_digest
from .. import events
from ..artifacts import Artifact
from ..states import State
from . import processes
from .connections import Row
from .documents import basis_text, outputs_text
from .tables import (
    ARTIFACTS,
    ATTEMPTS,
    DEFINITIONS,
    FILES,
    FINGERPRINTS,
    GRAPHS,
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


@define(eq=False, repr=False)
class Ledger:
    """The rows of one run. ``changed`` and ``attempts`` are what the next write must bring up to date.

    ``nodes`` are those of the graph, and what they were unfolded to; ``positions`` are theirs, and ``steps`` the rows of those that
    have begun.
    ``results`` are rows that get their numbers when they are written. ``taken`` are the outputs of steps that took over a
    result; ``owners`` are the steps that have the result of a key, and ``twins`` those that took it from such a step.
    """

    run: RunRow
    nodes: dict[str, Node] = field(factory=dict)
    positions: dict[str, int] = field(factory=dict)
    steps: dict[str, StepRow] = field(factory=dict)
    counts: Counter[str] = field(factory=Counter)
    is_known: bool = False
    run_changed: bool = True
    changed: set[str] = field(factory=set)
    attempts: dict[str, AttemptRow] = field(factory=dict)
    changed_attempts: dict[tuple[str, int], AttemptRow] = field(factory=dict)
    artifacts: list[Row] = field(factory=list)
    metrics: list[MetricRow] = field(factory=list)
    metric_counts: Counter[str] = field(factory=Counter)
    files: list[FileRow] = field(factory=list)
    documents: list[tuple[Table, str, str]] = field(factory=list)
    results: list[list[Any]] = field(factory=list)
    taken: dict[str, Mapping[str, Artifact]] = field(factory=dict)
    owners: dict[str, str] = field(factory=dict)
    twins: dict[str, str] = field(factory=dict)
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
            (ARTIFACTS, self.artifacts),
            (METRICS, _values(METRICS, self.metrics)),
            (FILES, _values(FILES, self.files)),
            (RESULTS, self.results),
        ]

    def mark_written(self) -> None:
        """Forget what :meth:`changes` returned: it is in the database."""
        self.is_known, self.run_changed = True, False
        for written in (self.changed, self.changed_attempts, self.artifacts, self.metrics, self.files, self.documents):
            written.clear()
        self.results.clear()
        self.taken.clear()
        self.twins.clear()

    @property
    def numberless(self) -> int:
        """How many rows need a number before they can be written."""
        return len(self.results) + (not self.is_known)

    def give_numbers(self, first: int) -> None:
        """Number what needs it, from ``first`` on. What was numbered for a write that failed is numbered anew."""
        if not self.is_known:
            self.run.number, first = first, first + 1
        for number, row in enumerate(self.results, first):
            row[0] = self.steps[row[3]].result = number
        for step, owner in self.twins.items():
            self.steps[step].result = self.steps[owner].result

    def taken_before(self, first: int) -> set[int]:
        """Return the numbers of the results that were taken over, but for those that are written now: from ``first`` on."""
        numbers = {self.steps[step].result for step in self.taken}
        return {number for number in numbers if number is not None and number < first}

    def restore(self, forgotten: Set[int]) -> None:
        """Keep the outputs of steps that took over a result that is forgotten meanwhile as their own."""
        for step, outputs in self.taken.items():
            row = self.steps[step]
            if row.result is None or row.result in forgotten:
                row.result = None
                self.keep(step, outputs)

    def row(self, step: str) -> StepRow:
        """Return the row of a step, which is made when it is first asked for."""
        row = self.steps.get(step)
        if row is None:
            row = self.steps[step] = _step_row(self.run.id, self.positions[step], self.nodes[step])
        return row

    def show_all(self) -> None:
        """Give a row to each step of a run whose graph cannot be kept, and so cannot tell which steps there are."""
        self.changed.update(self.row(step).id for step in self.nodes)

    def change(self, step: str, time: float, state: State | None = None, **values: object) -> StepRow:
        """Change the row of a step."""
        row = self.row(step)
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
        position = self.steps[event.step].position
        for node, place in zip(event.nodes, event.places, strict=True):
            ordinal = len(self.nodes)
            self.nodes[node.id], self.positions[node.id] = node, position
            row = self.row(node.id)
            row.ordinal, row.parent, row.place = ordinal, event.step, place
            self.changed.add(node.id)
        self.counts[State.PENDING.value] += len(event.nodes)

    def keep(self, step: str, outputs: Mapping[str, Artifact], *, but_for_carried: bool = False) -> None:
        """Keep the outputs of a step, or the inputs of the run where ``step`` is empty; maybe only those with files."""
        self.artifacts += [
            artifact_row(self.run.id, step, position, name, artifact)
            for position, (name, artifact) in enumerate(outputs.items())
            if artifact.inline is None or not but_for_carried
        ]

    def keep_completed(self, event: events.StepCompleted) -> None:
        """Keep the outputs of a step, under its key where it has one, and what its fingerprint covers."""
        basis = event.basis
        has_key = basis is not None and basis.key is not None
        self.keep(event.step, event.outputs, but_for_carried=has_key)
        if basis is None or basis.key is None:
            return
        metrics = self.metric_counts.get(event.step, 0)
        outputs, based_on = outputs_text(event.outputs), basis_text(basis)
        place = basis.key, self.run.id, event.step, basis.fingerprint or ""
        self.results.append([0, *place, event.time, event.duration, metrics, outputs, based_on])
        self.owners[basis.key] = event.step
        self.keep_manifest(basis.fingerprint)

    def keep_reused(self, event: events.StepReused) -> None:
        """Keep which result a step took over: one that the history has, or that of an equal call of this run."""
        key = event.key
        owner = self.owners.setdefault(key, event.step) if key is not None else event.step
        if event.result is not None:
            self.steps[event.step].result = event.result
        elif owner != event.step:
            self.twins[event.step] = owner
        else:
            self.keep(event.step, event.outputs)
            return
        self.taken[event.step] = event.outputs
        self.keep(event.step, event.outputs, but_for_carried=True)

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
        for row in [row for row in map(self.row, self.nodes) if not State(row.state).ended]:
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
    ledger = Ledger(_run_row(event), {node.id: node for node in event.graph})
    ledger.positions = dict(zip(ledger.nodes, itertools.count()))
    ledger.counts[State.PENDING.value] = len(ledger.nodes)
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

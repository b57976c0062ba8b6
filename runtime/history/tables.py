"""Shape the rows of the history's tables: what is written, what is read, and the SQL that moves it."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import attrs
from attrs import define, field, frozen

from ..artifacts import Artifact
from ..failures import Failure
from ..states import State
from .connections import Row
from .records import FileRecord, MetricRecord, RunRecord, StepRecord


@frozen(eq=False, repr=False)
class Table:
    """A table's columns, of which the first ``keys`` identify a row; ``kept`` are never changed once written."""

    name: str
    columns: tuple[str, ...]
    keys: int
    kept: frozenset[str] = frozenset()

    def select(self, clauses: str) -> str:
        """Return the statement that selects all columns, with ``clauses`` after the table's name."""
        return f"SELECT {', '.join(self.columns)} FROM {self.name} {clauses}"  # noqa: S608 -- names are our own

    @property
    def upsert(self) -> str:
        """The statement that inserts a row, or changes the one that is there."""
        values = ", ".join("?" * len(self.columns))
        changes = ", ".join(f"{name} = excluded.{name}" for name in self.columns[self.keys :] if name not in self.kept)
        action = f"DO UPDATE SET {changes}" if changes else "DO NOTHING"
        keys = ", ".join(self.columns[: self.keys])
        columns = ", ".join(self.columns)
        return f"INSERT INTO {self.name} ({columns}) VALUES ({values}) ON CONFLICT ({keys}) {action}"  # noqa: S608 -- as above


@define(eq=False, repr=False)
class RunRow:
    """One row of ``runs``. Mappings are JSON; ``seen`` is the time of the last event; ``number`` orders runs."""

    id: str
    pipeline: str
    experiment: str
    state: str
    started: float
    ended: float | None
    seen: float
    problem: str
    parameters: str
    tags: str
    facts: str
    counts: str
    graph_digest: str
    graph: str | None
    packages: str | None
    host: str
    pid: int
    process: str
    number: int = 0

    def record(self) -> RunRecord:
        """Return what readers see."""
        counts = {State(name): number for name, number in json.loads(self.counts).items()}
        return RunRecord(
            self.id, self.pipeline, self.experiment, State(self.state), self.started, self.ended,
            json.loads(self.parameters), json.loads(self.tags), self.problem, self.graph_digest, json.loads(self.facts), counts,
        )  # fmt: skip


@frozen(eq=False, repr=False)
class Attempt:
    """One attempt at a step, in the words of :class:`StepRecord`. ``failure`` is why it was not the last."""

    number: int
    started: float
    ended: float | None
    pid: int | None
    log: str | None
    failure: Failure | None


@define(eq=False, repr=False)
class StepRow:
    """One row of ``steps``. ``position`` is the node's in the graph, ``ordinal`` orders rows of one node.

    ``parent`` and ``place`` are as in :class:`StepRecord`; ``result`` is the number of the result that stands for it.
    """

    run: str
    id: str
    name: str
    function: str
    position: int
    ordinal: int = 0
    state: str = State.PENDING.value
    label: str = ""
    group_id: str | None = None
    started: float | None = None
    ended: float | None = None
    duration: float | None = None
    attempts: int = 0
    pid: int | None = None
    log: str | None = None
    failure: str | None = None
    reused_from: str | None = None
    saved: float | None = None
    reason: str = ""
    parent: str | None = None
    place: int | None = None
    result: int | None = None

    def record(self, outputs: Mapping[str, Artifact]) -> StepRecord:
        """Return what readers see."""
        return StepRecord(
            self.run, self.id, self.name, self.function, self.position, State(self.state), self.label, self.group_id,
            self.started, self.ended, self.duration, self.attempts, self.pid, self.log, failure_from(self.failure),
            self.reused_from, self.reason, outputs, self.parent, self.place,
        )  # fmt: skip

    def only_attempt(self) -> Attempt:
        """Return the attempt of a step that needed one."""
        return Attempt(1, self.started or 0.0, self.ended, self.pid, self.log, failure_from(self.failure))


@define(eq=False, repr=False)
class AttemptRow:
    """One row of ``attempts``: of a step that needs more than one."""

    run: str
    step: str
    number: int
    started: float
    ended: float | None = None
    pid: int | None = None
    log: str | None = None
    failure: str | None = None

    def attempt(self) -> Attempt:
        """Return what readers see."""
        return Attempt(self.number, self.started, self.ended, self.pid, self.log, failure_from(self.failure))


def _kept_number(value: float | None) -> float | None:
    """Return a number as both engines keep it. SQLite has no NaN, so it is NULL in both."""
    return None if value is None or math.isnan(value) else float(value)


@frozen(eq=False, repr=False)
class MetricRow:
    """One row of ``metrics``. ``ordinal`` counts within the run."""

    run: str
    step: str
    ordinal: int
    name: str
    value: float | None = field(converter=_kept_number)
    axis: float | None
    logged: float

    def record(self) -> MetricRecord:
        """Return what readers see."""
        return MetricRecord(
            self.step, self.name, math.nan if self.value is None else self.value, self.axis, self.logged
        )


@frozen(eq=False, repr=False)
class FileRow:
    """One row of ``files``. ``ordinal`` counts within the run."""

    run: str
    step: str
    ordinal: int
    name: str
    path: str
    logged: float

    def record(self) -> FileRecord:
        """Return what readers see."""
        return FileRecord(self.step, self.name, self.path, self.logged)


def _table(name: str, row: type, keys: int, kept: frozenset[str] = frozenset()) -> Table:
    return Table(name, tuple(attribute.name for attribute in attrs.fields(row)), keys, kept)


RUNS = _table("runs", RunRow, 1, frozenset({"tags", "number"}))
STEPS = _table("steps", StepRow, 2)
ATTEMPTS = _table("attempts", AttemptRow, 3)
ARTIFACTS = Table(
    "artifacts",
    ("run", "step", "name", "position", "digest", "codec", "size", "type", "summary", "content"),
    3,
)
METRICS = _table("metrics", MetricRow, 3)
FILES = _table("files", FileRow, 3)
RESULTS = Table(
    "results",
    ("number", "key", "run", "step", "fingerprint", "ended", "duration", "metrics", "outputs", "basis"),
    1,
)
FINGERPRINTS = Table("fingerprints", ("digest", "document"), 1, frozenset({"document"}))
DEFINITIONS = Table("definitions", ("digest", "document"), 1, frozenset({"document"}))
GRAPHS = Table("graphs", ("digest", "document"), 1, frozenset({"document"}))
PACKAGES = Table("packages", ("digest", "document"), 1, frozenset({"document"}))


@functools.cache
def values_of(table: Table) -> Any:
    """Return a function that gives a row object's values in the order of the table's columns."""
    return attrgetter(*table.columns)


def artifact_row(run: str, step: str, position: int, name: str, artifact: Artifact) -> Row:
    """Return the row of an output, or of the run's input where ``step`` is empty."""
    return (
        run, step, name, position, artifact.digest, artifact.codec, artifact.size, plain(artifact.type),
        plain(artifact.summary), artifact.inline,
    )  # fmt: skip


def artifact_from(row: Row) -> Artifact:
    """Return the artifact of a row of ``artifacts``."""
    _run, _step, _name, _position, digest, codec, size, kind, summary, content = row
    return Artifact(digest, codec, size, kind, summary, None if content is None else bytes(content))


def failure_text(failure: Failure) -> str:
    """Return a failure as JSON, without the exception itself."""
    return json.dumps(attrs.asdict(failure, filter=lambda attribute, _: attribute.name != "pickled"))


def failure_from(text: str | None) -> Failure | None:
    """Return the failure that was written as JSON."""
    if text is None:
        return None
    fields = json.loads(text)
    return Failure(**{**fields, "inputs": tuple((name, summary) for name, summary in fields["inputs"])})


def plain(text: str) -> str:
    """Return text that both engines can keep: without NUL, and without halves of characters."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")

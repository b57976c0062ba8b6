"""Read the history of runs."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import final

from attrs import frozen

from ...compilers.graph import Graph
from ...compilers.members import FindMember, imported
from ...compilers.serialisation import from_json
from ..errors import HistoryError, RunNotFound
from ..states import State
from . import edits
from .beginnings import not_begun
from .cache import ResultCache
from .connections import Connect, Connection, Row
from .drivers import Driver, driver_of
from .lineage import Lineage, outputs
from .liveness import reconcile
from .marks import with_marks
from .records import FileRecord, MetricRecord, RunRecord, StepRecord, in_order
from .references import resolve
from .sessions import Session
from .tables import (
    ATTEMPTS,
    FILES,
    METRICS,
    RUNS,
    STEPS,
    Attempt,
    AttemptRow,
    FileRow,
    MetricRow,
    RunRow,
    StepRow,
    Table,
)

_ALL = 2**62
"""As many rows as there are; SQLite wants a limit where there is an offset."""


_SEARCHED = ("id", "pipeline", "experiment", "parameters", "tags")
_AS_IT_IS = re.compile(r"[%_!]")
_ESCAPED, _ESCAPE = r"!\g<0>", "ESCAPE '!'"


@frozen
class Pulse:
    """How a run stands, and when something was last heard of it (seconds since the epoch)."""

    state: State
    seen: float


@frozen
class Names:
    """What runs can be chosen by, in alphabetical order."""

    pipelines: tuple[str, ...]
    experiments: tuple[str, ...]


@final
class History:
    """The runs of a workspace. It may be used by several threads.

    Runs of this host that say they are running though their process is gone are ended before anything is read.
    """

    def __init__(self, connect: Connect) -> None:
        self._session = Session(connect)

    def runs(
        self,
        experiment: str | None = None,
        pipeline: str | None = None,
        state: State | None = None,
        limit: int = 50,
        before: str | None = None,
        text: str | None = None,
    ) -> tuple[RunRecord, ...]:
        """Return runs, newest first. ``before`` is the id of a run: those that began before it follow.

        ``text`` must be in the id, the pipeline, the experiment, a parameter or a tag, in any case of letters.
        """
        if limit < 0:
            raise ValueError(f"limit must not be negative, got {limit}")
        filters = {"experiment": experiment, "pipeline": pipeline, "state": state and State(state).value}
        wanted = {name: value for name, value in filters.items() if value is not None}
        with self._reconciled() as connection:
            return tuple(RunRow(*row).record() for row in _runs(connection, wanted, limit, before, text))

    def has(self, run_id: str) -> bool:
        """Say whether there is a run of exactly that id. Raises HistoryError."""
        with self._session.connection() as connection:
            return bool(connection.rows("SELECT 1 FROM runs WHERE id = ?", (run_id,)))

    def run(self, reference: str) -> RunRecord:
        """Return a run by its id, the beginning of one, its last four characters, ``last`` or ``last~2``.

        Raises RunNotFound, which lists the candidates where there are several.
        """
        with self._reconciled() as connection:
            run = resolve(connection, reference)
            ((*row,),) = connection.rows(RUNS.select("WHERE id = ?"), (run,))
            return RunRow(*row).record()

    def names(self) -> Names:
        """Return the pipelines and the experiments that there are runs of."""
        with self._reconciled() as connection:
            found = (
                connection.rows(f"SELECT DISTINCT {column} FROM runs ORDER BY {column}")  # noqa: S608 -- our own names
                for column in ("pipeline", "experiment")
            )
            return Names(*(tuple(name for (name,) in rows) for rows in found))

    def steps(self, run_id: str) -> tuple[StepRecord, ...]:
        """Return the step runs of a run, in the order of its graph, with their outputs. Raises RunNotFound."""
        with self._known(run_id) as connection:
            # The run first: what of its steps has no row later has not begun by now, whatever happens between.
            ((*run,),) = connection.rows(RUNS.select("WHERE id = ?"), (run_id,))
            begun = {row[1]: StepRow(*row) for row in connection.rows(STEPS.select("WHERE run = ?"), (run_id,))}
            steps = [*begun.values(), *not_begun(connection, RunRow(*run), begun)]
            made = outputs(connection, run_id)
        steps.sort(key=attrgetter("position", "ordinal"))
        return in_order(step.record(made.get(step.id, {})) for step in steps)

    def metrics(self, run_id: str, step: str | None = None, *, skip: int = 0) -> tuple[MetricRecord, ...]:
        """Return what the steps of a run logged as numbers, in the order of logging, but for the first ``skip``.

        Raises RunNotFound.
        """
        return tuple(MetricRow(*row).record() for row in self._logged(METRICS, run_id, step, skip))

    def files(self, run_id: str, step: str | None = None, *, skip: int = 0) -> tuple[FileRecord, ...]:
        """Return the figures and texts that the steps of a run logged, in that order. Raises RunNotFound."""
        return tuple(FileRow(*row).record() for row in self._logged(FILES, run_id, step, skip))

    def pulses(self, run_ids: Iterable[str]) -> dict[str, Pulse]:
        """Return how runs stand and when something was last heard of them; one that is not there is left out."""
        wanted = list(run_ids)
        with self._reconciled() as connection:
            rows = connection.rows(with_marks("SELECT id, state, seen FROM runs WHERE id IN (...)", wanted), wanted)
        return {run: Pulse(State(state), seen) for run, state, seen in rows}

    def graph(self, run_id: str, *, member: FindMember = imported) -> Graph:
        """Return the graph that a run executed; ``member`` is as for :func:`~penstock.compilers.serialisation.from_json`.

        Raises RunNotFound, HistoryError where none could be kept, GraphFormatError and InvalidGraph.
        """
        return from_json(self.graph_document(run_id), member=member)

    def graph_document(self, run_id: str) -> str:
        """Return the document of the graph that a run executed; reading it as text imports nothing that it names.

        Raises RunNotFound, and HistoryError where none could be kept.
        """
        with self._known(run_id) as connection:
            rows = connection.rows(
                "SELECT document FROM graphs JOIN runs ON runs.graph = graphs.digest WHERE runs.id = ?", (run_id,)
            )
        if not rows:
            raise HistoryError(
                f"the history keeps no graph of run {run_id}: it could not be written when the run began"
            )
        return str(rows[0][0])

    def attempts(self, run_id: str, step: str) -> tuple[Attempt, ...]:
        """Return the attempts at a step, in order; none for one that was reused or never began. Raises RunNotFound.

        Where one was enough it has no row: the step's tells all of it.
        """
        with self._known(run_id) as connection:
            rows = connection.rows(ATTEMPTS.select("WHERE run = ? AND step = ? ORDER BY number"), (run_id, step))
            only = (
                []
                if rows
                else connection.rows(STEPS.select("WHERE run = ? AND id = ? AND attempts = 1"), (run_id, step))
            )
        alone = [StepRow(*row).only_attempt() for row in only]
        return tuple([AttemptRow(*row).attempt() for row in rows] or alone)

    def driver(self, run_id: str) -> Driver:
        """Return the process that drives a run, or drove it. Raises RunNotFound."""
        with self._session.connection() as connection:
            return driver_of(connection, run_id)

    def packages(self, run_id: str) -> Mapping[str, str]:
        """Return the distributions that were installed when a run began, with versions. Raises RunNotFound."""
        with self._known(run_id) as connection:
            rows = connection.rows(
                "SELECT document FROM packages JOIN runs ON runs.packages = packages.digest WHERE runs.id = ?",
                (run_id,),
            )
        return dict(json.loads(rows[0][0])) if rows else {}

    def tag(self, run_id: str, **tags: str | None) -> Mapping[str, str]:
        """Add tags to a run, or change them; None removes one. Returns all tags. Raises RunNotFound."""
        with self._session.connection() as connection:
            return edits.tag(connection, run_id, tags)

    def delete(self, run_id: str) -> None:
        """Forget a run: its steps, metrics and lineage. Files in the run's folder and artifacts stay.

        Raises RunNotFound, and HistoryError while the run is running.
        """
        with self._reconciled() as connection:
            edits.delete(connection, run_id)

    @property
    def cache(self) -> ResultCache:
        """The results that later runs may reuse."""
        return ResultCache(self._session)

    @property
    def lineage(self) -> Lineage:
        """Where artifacts came from and what they went into."""
        return Lineage(self._session)

    def close(self) -> None:
        """Close the database; it opens again when it is read."""
        self._session.close()

    @contextlib.contextmanager
    def _reconciled(self) -> Iterator[Connection]:
        with self._session.connection() as connection:
            # On a medium that cannot be written the dead stay as they are recorded; reading must work all the same.
            with contextlib.suppress(HistoryError):
                reconcile(connection)
            yield connection

    @contextlib.contextmanager
    def _known(self, run_id: str) -> Iterator[Connection]:
        with self._reconciled() as connection:
            if not connection.rows("SELECT 1 FROM runs WHERE id = ?", (run_id,)):
                raise RunNotFound(run_id)
            yield connection

    def _logged(self, table: Table, run_id: str, step: str | None, skip: int) -> list[Row]:
        order = "WHERE run = ? AND step = coalesce(?, step) ORDER BY ordinal, step LIMIT ? OFFSET ?"
        with self._known(run_id) as connection:
            return connection.rows(table.select(order), (run_id, step, _ALL, skip))


def _runs(
    connection: Connection, wanted: Mapping[str, str], limit: int, before: str | None, text: str | None
) -> list[Row]:
    conditions = [f"{name} = ?" for name in wanted]
    values: list[object] = list(wanted.values())
    if before is not None:
        if not connection.rows("SELECT 1 FROM runs WHERE id = ?", (before,)):
            raise RunNotFound(before)
        conditions.append("number < (SELECT number FROM runs WHERE id = ?)")
        values.append(before)
    if text:
        pattern = f"%{_AS_IT_IS.sub(_ESCAPED, text.lower())}%"
        conditions.append(f"({' OR '.join(f'lower({column}) LIKE ? {_ESCAPE}' for column in _SEARCHED)})")
        values += [pattern] * len(_SEARCHED)
    where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
    return connection.rows(RUNS.select(f"{where}ORDER BY number DESC LIMIT ?"), (*values, limit))

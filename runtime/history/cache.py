"""Find earlier results in the history, and what they were based on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from operator import itemgetter
from typing import Any, TypeAlias, final

from ...compilers.fingerprints import Manifest
from ..bases import Basis
from ..reuse import Earlier
from .connections import Connection, Row
from .documents import basis_from, outputs_of
from .marks import chunks, with_marks
from .sessions import Session
from .tables import DEFINITIONS, METRICS, MetricRow, Table

Place: TypeAlias = tuple[str, str]
"""The run and the id of a step run."""

_FIND = (
    "SELECT number, key, run, step, ended, duration, metrics, outputs FROM results WHERE substr(key, 1, 12) IN (...)"
)

_BEGINNING = 12
"""Characters of a key that the index holds (see ``migrations/0006_numbers.sql``)."""

_ANY_RESULT = "SELECT 1 FROM results WHERE fingerprint = ? LIMIT 1"

_LAST_BASES = (
    "SELECT latest.step, results.key, results.fingerprint, results.basis FROM latest "
    "JOIN results ON results.number = latest.result WHERE latest.pipeline = ?"
)


@final
class ResultCache:
    """The completed step runs of a workspace, by key. Obtained from ``History.cache``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, keys: Sequence[str]) -> Mapping[str, Earlier]:
        """Return the newest completed step run of each key that has one. Raises HistoryError."""
        with self._session.connection() as connection:
            found: dict[str, Earlier] = {}
            for some in chunks(keys):
                found |= _find(connection, some)
            return found

    def known(self, fingerprints: Sequence[str]) -> Set[str]:
        """Return those fingerprints of which there are results. Raises HistoryError."""
        with self._session.connection() as connection:
            return {one for one in fingerprints if connection.rows(_ANY_RESULT, (one,))}

    def last_bases(self, pipeline: str) -> Mapping[str, Basis]:
        """Return what the latest completed run of each step of a pipeline was based on. Raises HistoryError."""
        with self._session.connection() as connection:
            rows = connection.rows(_LAST_BASES, (pipeline,))
        return {step: basis_from(key, fingerprint, document) for step, key, fingerprint, document in rows}

    def manifest(self, fingerprint: str) -> Manifest | None:
        """Return what a fingerprint covers; None where that was not kept. Raises HistoryError."""
        with self._session.connection() as connection:
            rows = connection.rows("SELECT document FROM fingerprints WHERE digest = ?", (fingerprint,))
            if not rows:
                return None
            index = json.loads(rows[0][0])
            parts: dict[str, Any] = {}
            for some in chunks(tuple(dict.fromkeys(index["definitions"]))):
                selected = connection.rows(with_marks(DEFINITIONS.select("WHERE digest IN (...)"), some), some)
                parts |= {digest: json.loads(document) for digest, document in selected}
        try:
            return Manifest.assembled(index, parts)
        except KeyError:
            return None


def _find(connection: Connection, keys: Sequence[str]) -> dict[str, Earlier]:
    beginnings = [key[:_BEGINNING] for key in keys]
    rows = sorted(connection.rows(with_marks(_FIND, beginnings), beginnings), key=itemgetter(0))
    wanted = frozenset(keys)
    newest = {row[1]: row for row in rows if row[1] in wanted}
    logged = _metrics(connection, {(row[2], row[3]) for row in newest.values() if row[6]})
    documents = json.loads(f"[{','.join(row[7] for row in newest.values())}]")  # at once: half the time of one by one
    return {
        key: Earlier(run, step, outputs_of(document), duration, tuple(logged.get((run, step), ())), ended, number)
        for (number, key, run, step, ended, duration, _, _), document in zip(newest.values(), documents, strict=True)
    }


def _metrics(connection: Connection, places: Iterable[Place]) -> dict[Place, list[tuple[str, float, float | None]]]:
    found: dict[Place, list[tuple[str, float, float | None]]] = {}
    for row in _rows(connection, METRICS, places, "ORDER BY ordinal"):
        kept = MetricRow(*row).record()
        found.setdefault((row[0], kept.step), []).append((kept.name, kept.value, kept.index))
    return found


def _rows(connection: Connection, table: Table, places: Iterable[Place], order: str) -> Iterator[Row]:
    """Yield the rows of some step runs, asked for run by run."""
    by_run: dict[str, list[str]] = {}
    for run, step in places:
        by_run.setdefault(run, []).append(step)
    for run, steps in by_run.items():
        asked = with_marks(table.select(f"WHERE run = ? AND step IN (...) {order}"), steps)
        yield from connection.rows(asked, (run, *steps))

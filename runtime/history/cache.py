"""Find earlier results in the history, and what they were based on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, TypeAlias, final

import attrs

from ...compilers.fingerprints import Manifest
from ..artifacts import Artifact
from ..bases import Basis
from ..reuse import Earlier
from .connections import Connection, Row
from .sessions import Session
from .tables import DEFINITIONS, METRICS, MetricRow, Table, plain

_AT_A_TIME = 500
"""Keys in one question; SQLite takes 999 parameters before version 3.32."""

Place: TypeAlias = tuple[str, str]
"""The run and the id of a step run."""

_RESULTS = "SELECT key, run, step, ended, duration, metrics, outputs FROM results"

_ANY_RESULT = "SELECT 1 FROM results WHERE fingerprint = ? LIMIT 1"

_LAST_BASES = (
    "SELECT latest.step, results.basis FROM latest JOIN results ON results.key = latest.key WHERE latest.pipeline = ?"
)

_FIELDS = tuple(attribute.name for attribute in attrs.fields(Basis))


@final
class ResultCache:
    """The completed step runs of a workspace, by key. Obtained from ``History.cache``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def find(self, keys: Sequence[str]) -> Mapping[str, Earlier]:
        """Return the newest completed step run of each key that has one. Raises HistoryError."""
        with self._session.connection() as connection:
            found: dict[str, Earlier] = {}
            for some in _chunks(keys):
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
        return {step: basis_from(document) for step, document in rows}

    def manifest(self, fingerprint: str) -> Manifest | None:
        """Return what a fingerprint covers; None where that was not kept. Raises HistoryError."""
        with self._session.connection() as connection:
            rows = connection.rows("SELECT document FROM fingerprints WHERE digest = ?", (fingerprint,))
            if not rows:
                return None
            index = json.loads(rows[0][0])
            parts: dict[str, Any] = {}
            for some in _chunks(tuple(dict.fromkeys(index["definitions"]))):
                wanted = ", ".join("?" * len(some))
                selected = connection.rows(DEFINITIONS.select(f"WHERE digest IN ({wanted})"), some)
                parts |= {digest: json.loads(document) for digest, document in selected}
        try:
            return Manifest.assembled(index, parts)
        except KeyError:
            return None


def _find(connection: Connection, keys: Sequence[str]) -> dict[str, Earlier]:
    wanted = ", ".join("?" * len(keys))
    rows = connection.rows(f"{_RESULTS} WHERE key IN ({wanted}) ORDER BY ended", keys)
    logged = _metrics(connection, {(run, step) for _, run, step, _, _, metrics, _ in rows if metrics})
    documents = json.loads(f"[{','.join(row[-1] for row in rows)}]")  # at once: half the time of one by one
    return {
        key: Earlier(run, step, _outputs(document), duration, tuple(logged.get((run, step), ())), ended)
        for (key, run, step, ended, duration, _, _), document in zip(rows, documents, strict=True)
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
        marks = ", ".join("?" * len(steps))
        yield from connection.rows(table.select(f"WHERE run = ? AND step IN ({marks}) {order}"), (run, *steps))


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    return (keys[start : start + _AT_A_TIME] for start in range(0, len(keys), _AT_A_TIME))


def basis_text(basis: Basis) -> str:
    """Write what a step run was based on as JSON."""
    return json.dumps({field: getattr(basis, field) for field in _FIELDS})


def basis_from(text: str) -> Basis:
    """Read what :func:`basis_text` wrote."""
    fields = json.loads(text)
    inputs = {name: (identity, summary) for name, (identity, summary) in fields["inputs"].items()}
    return Basis(**{**fields, "inputs": inputs})


def outputs_text(outputs: Mapping[str, Artifact]) -> str:
    """Write the outputs of a step run as JSON. Bytes that are carried along become text, one character each."""
    return json.dumps(
        [
            [name, one.digest, one.codec, one.size, plain(one.type), plain(one.summary), _carried(one.inline)]
            for name, one in outputs.items()
        ]
    )


def _outputs(document: list[list[Any]]) -> dict[str, Artifact]:
    """Read what :func:`outputs_text` wrote."""
    return {
        name: Artifact(digest, codec, size, kind, summary, None if carried is None else carried.encode("latin-1"))
        for name, digest, codec, size, kind, summary, carried in document
    }


def _carried(inline: bytes | None) -> str | None:
    return None if inline is None else inline.decode("latin-1")

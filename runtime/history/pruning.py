"""Forget runs, and with them what the history keeps for them only.

Rows that belong to a run (steps, artifacts, metrics, results) go with it, by the references of the tables. Documents that
runs share (graphs, packages, fingerprints and their definitions) go with the last run that needs them. Everything is
written in transactions of a few runs each, so that recorders of other processes wait for a moment only, and a process
that is killed leaves runs that are either whole or gone.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from ..states import State
from .connections import Connection
from .heirs import forget_runs
from .marks import chunks, with_marks
from .numbering import take
from .opening import is_postgres

_RUNS_AT_ONCE = 10
"""Runs that are forgotten in one transaction; one of a thousand steps takes some ten milliseconds."""

_SHARED = ("graphs", "packages", "fingerprints", "definitions", "runs", "results", "latest")
"""Tables that must not grow while it is decided what nobody needs, in the order in which recorders write them."""

_ORPHANS = (
    "DELETE FROM graphs WHERE digest NOT IN (SELECT graph FROM runs WHERE graph IS NOT NULL)",
    "DELETE FROM packages WHERE digest NOT IN (SELECT packages FROM runs WHERE packages IS NOT NULL)",
    "DELETE FROM latest WHERE pipeline NOT IN (SELECT pipeline FROM runs)",
    "DELETE FROM latest WHERE result NOT IN (SELECT number FROM results)",
)


@frozen
class Lifetime:
    """When a run was there: times are seconds since the epoch, ``seen`` is that of its last sign of life."""

    id: str
    pipeline: str
    state: State
    started: float
    ended: float | None
    seen: float
    host: str


@frozen
class Known:
    """What the history says of an artifact: who made it, and what it is. ``size`` is in bytes."""

    digest: str
    size: int
    summary: str
    run: str
    step: str


@frozen
class Forgotten:
    """Which runs were forgotten, and how many rows of shared documents with them."""

    runs: tuple[str, ...]
    records: int


class _Undone(Exception):
    """Ends a transaction whose changes are not meant to stay."""


def lifetimes(connection: Connection) -> list[Lifetime]:
    """Return all runs, the newest first."""
    rows = connection.rows("SELECT id, pipeline, state, started, ended, seen, host FROM runs ORDER BY number DESC")
    return [
        Lifetime(run, pipeline, State(state), started, ended, seen, host)
        for run, pipeline, state, started, ended, seen, host in rows
    ]


def made_by(connection: Connection, runs: Sequence[str]) -> dict[str, Known]:
    """Return the artifacts of some runs that are kept in the store, by digest."""
    found: dict[str, Known] = {}
    for some in chunks(runs):
        rows = connection.rows(
            with_marks(
                "SELECT digest, size, summary, run, step FROM artifacts WHERE content IS NULL AND run IN (...)", some
            ),
            some,
        )
        found |= {row[0]: Known(*row) for row in rows}
    return found


def needed(connection: Connection) -> set[str]:
    """Return the digests of all artifacts with files that a run in the history has made, reused or been given."""
    return {digest for (digest,) in connection.rows("SELECT DISTINCT digest FROM artifacts")}


def forget(connection: Connection, doomed: Sequence[str], heard: Callable[[int], object] = lambda _: None) -> Forgotten:
    """Forget those of the doomed runs that have ended, hand their results on, and tidy up.

    ``heard`` is called with the number of runs done. Raises HistoryError.
    """
    gone: list[str] = []
    for some in chunks(doomed, _RUNS_AT_ONCE):
        with _writing(connection):
            gone += _forget(connection, some)
        heard(len(gone))
    with _writing(connection):
        return Forgotten(tuple(gone), _tidy(connection))


def rehearse(connection: Connection, doomed: Sequence[str]) -> tuple[Forgotten, set[str]]:
    """Say what :func:`forget` would do, and which artifacts would be needed then. Nothing is changed."""
    gone: list[str] = []
    with contextlib.suppress(_Undone), _writing(connection):
        for some in chunks(doomed, _RUNS_AT_ONCE):
            gone += _forget(connection, some)
        forgotten, still_needed = Forgotten(tuple(gone), _tidy(connection)), needed(connection)
        raise _Undone
    return forgotten, still_needed


@contextlib.contextmanager
def _writing(connection: Connection) -> Iterator[None]:
    """Hold off recorders: SQLite does so for any transaction that writes, Postgres must be told."""
    with connection.transaction():
        take(connection, 0)
        if is_postgres(connection.location):
            connection.execute(f"LOCK TABLE {', '.join(_SHARED)} IN SHARE ROW EXCLUSIVE MODE")
        yield


def _forget(connection: Connection, some: Sequence[str]) -> list[str]:
    rows = connection.rows(with_marks("SELECT id, state FROM runs WHERE id IN (...)", some), some)
    ended = {run for run, state in rows if State(state).ended}
    gone = [run for run in some if run in ended]
    if gone:
        forget_runs(connection, gone)
    return gone


def _tidy(connection: Connection) -> int:
    """Delete the documents that no run needs any more, and say how many."""
    count = sum(connection.execute(statement) for statement in _ORPHANS)
    unused = _all(connection, "fingerprints") - _used_fingerprints(connection)
    if unused:
        _delete(connection, "fingerprints", unused)
        definitions = _all(connection, "definitions") - _used_definitions(connection)
        _delete(connection, "definitions", definitions)
        count += len(unused) + len(definitions)
    return count


def _all(connection: Connection, table: str) -> set[str]:
    return {digest for (digest,) in connection.rows(f"SELECT digest FROM {table}")}  # noqa: S608 -- names are our own


def _used_fingerprints(connection: Connection) -> set[str]:
    """Return the fingerprints that a result is based on."""
    return {fingerprint for (fingerprint,) in connection.rows("SELECT DISTINCT fingerprint FROM results")}


def _used_definitions(connection: Connection) -> set[str]:
    used: set[str] = set()
    for some in chunks(sorted(_all(connection, "fingerprints"))):
        rows = connection.rows(with_marks("SELECT document FROM fingerprints WHERE digest IN (...)", some), some)
        used.update(*(json.loads(document)["definitions"] for (document,) in rows))
    return used


def _delete(connection: Connection, table: str, digests: Iterable[str]) -> None:
    for some in chunks(sorted(digests)):
        connection.execute(with_marks(f"DELETE FROM {table} WHERE digest IN (...)", some), some)  # noqa: S608 -- as above

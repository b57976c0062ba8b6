"""Forget runs, and with them what the history keeps for them only.

Rows that belong to a run (steps, artifacts, metrics, results) go with it, by the references of the tables. Documents that
runs share (graphs, packages, fingerprints and their definitions) go with the last run that needs them. Everything is
written in transactions of a few runs each, so that recorders of other processes wait for a moment only, and a process
that is killed leaves runs that are either whole or gone.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from attrs import frozen

from ..states import State
from .connections import Connection
from .heirs import Move, heirs, move, with_marks
from .opening import is_postgres

_RUNS_AT_ONCE = 10
"""Runs that are forgotten in one transaction; one of a thousand steps takes some ten milliseconds."""

_AT_A_TIME = 500
"""Parameters in one statement; SQLite takes 999 before version 3.32."""

_SHARED = ("graphs", "packages", "fingerprints", "definitions", "runs", "results", "latest")
"""Tables that must not grow while it is decided what nobody needs, in the order in which recorders write them."""

_ORPHANS = (
    "DELETE FROM graphs WHERE digest NOT IN (SELECT graph FROM runs WHERE graph IS NOT NULL)",
    "DELETE FROM packages WHERE digest NOT IN (SELECT packages FROM runs WHERE packages IS NOT NULL)",
    "DELETE FROM latest WHERE pipeline NOT IN (SELECT pipeline FROM runs)",
    "DELETE FROM latest WHERE key NOT IN (SELECT key FROM results)",
)

_BEGINNINGS = "SELECT substr(basis, 1, 300) FROM results WHERE run IN (...)"
"""The characters at the start of a basis hold its key and its fingerprint; the rest may be long."""

_FINGERPRINT = re.compile(r'"fingerprint": (?:"([^"]*)"|null)')


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
    rows = connection.rows(
        "SELECT id, pipeline, state, started, ended, seen, host FROM runs ORDER BY started DESC, id DESC"
    )
    return [
        Lifetime(run, pipeline, State(state), started, ended, seen, host)
        for run, pipeline, state, started, ended, seen, host in rows
    ]


def made_by(connection: Connection, runs: Sequence[str]) -> dict[str, Known]:
    """Return the artifacts of some runs that are kept in the store, by digest."""
    found: dict[str, Known] = {}
    for some in _chunks(runs):
        rows = connection.rows(
            with_marks(
                "SELECT digest, size, summary, run, step FROM artifacts WHERE content IS NULL AND run IN (...)", some
            ),
            some,
        )
        found |= {row[0]: Known(*row) for row in rows}
    return found


def needed(connection: Connection) -> set[str]:
    """Return the digests of all artifacts that a run in the history has made, reused or been given."""
    return {digest for (digest,) in connection.rows("SELECT DISTINCT digest FROM artifacts")}


def forget(
    connection: Connection, doomed: Sequence[str], kept: Sequence[str], heard: Callable[[int], object] = lambda _: None
) -> Forgotten:
    """Forget those of the doomed runs that have ended, hand their results on, and tidy up.

    ``kept`` are the other runs, the newest first; ``heard`` is called with the number of runs done. Raises HistoryError.
    """
    gone: list[str] = []
    for some, moves in _portions(connection, doomed, kept):
        with _writing(connection):
            gone += _forget(connection, some, moves)
        heard(len(gone))
    with _writing(connection):
        return Forgotten(tuple(gone), _tidy(connection))


def rehearse(connection: Connection, doomed: Sequence[str], kept: Sequence[str]) -> tuple[Forgotten, set[str]]:
    """Say what :func:`forget` would do, and which artifacts would be needed then. Nothing is changed."""
    gone: list[str] = []
    portions = list(_portions(connection, doomed, kept))
    with contextlib.suppress(_Undone), _writing(connection):
        for some, moves in portions:
            gone += _forget(connection, some, moves)
        forgotten, still_needed = Forgotten(tuple(gone), _tidy(connection)), needed(connection)
        raise _Undone
    return forgotten, still_needed


def _portions(
    connection: Connection, doomed: Sequence[str], kept: Sequence[str]
) -> Iterator[tuple[Sequence[str], list[Move]]]:
    moves = heirs(connection, doomed, kept)
    for some in _chunks(doomed, _RUNS_AT_ONCE):
        yield some, [one for run in some for one in moves.get(run, ())]


@contextlib.contextmanager
def _writing(connection: Connection) -> Iterator[None]:
    """Hold off recorders: SQLite does so for any transaction that writes, Postgres must be told."""
    with connection.transaction():
        if is_postgres(connection.location):
            connection.execute(f"LOCK TABLE {', '.join(_SHARED)} IN SHARE ROW EXCLUSIVE MODE")
        yield


def _forget(connection: Connection, some: Sequence[str], moves: Sequence[Move]) -> list[str]:
    rows = connection.rows(with_marks("SELECT id, state FROM runs WHERE id IN (...)", some), some)
    ended = {run for run, state in rows if State(state).ended}
    gone = [run for run in some if run in ended]
    if gone:
        move(connection, moves)
        connection.execute(with_marks("DELETE FROM runs WHERE id IN (...)", gone), gone)
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
    """Return the fingerprints that a result is based on. All of them, where that cannot be read."""
    used: set[str] = set()
    runs = [run for (run,) in connection.rows("SELECT DISTINCT run FROM results")]
    for some in _chunks(runs):
        rows = connection.rows(with_marks(_BEGINNINGS, some), some)
        found = [_FINGERPRINT.search(beginning) for (beginning,) in rows]
        if None in found:
            return _all(connection, "fingerprints")
        used.update(match[1] for match in found if match and match[1])
    return used


def _used_definitions(connection: Connection) -> set[str]:
    used: set[str] = set()
    for some in _chunks(sorted(_all(connection, "fingerprints"))):
        rows = connection.rows(with_marks("SELECT document FROM fingerprints WHERE digest IN (...)", some), some)
        used.update(*(json.loads(document)["definitions"] for (document,) in rows))
    return used


def _delete(connection: Connection, table: str, digests: Iterable[str]) -> None:
    for some in _chunks(sorted(digests)):
        connection.execute(with_marks(f"DELETE FROM {table} WHERE digest IN (...)", some), some)  # noqa: S608 -- as above


def _chunks(values: Sequence[str], size: int = _AT_A_TIME) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))

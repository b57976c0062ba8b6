"""Write what has changed in the account of a run into the database, within a transaction."""

from __future__ import annotations

from collections.abc import Sequence, Set

from .connections import Connection
from .ledgers import Ledger
from .marks import chunks, with_marks
from .numbering import take

_LATEST = (
    "INSERT INTO latest (pipeline, step, result) SELECT ?, id, result FROM steps WHERE run = ? AND result IS NOT NULL "
    "ON CONFLICT (pipeline, step) DO UPDATE SET result = excluded.result WHERE latest.result <> excluded.result"
)


def write(ledger: Ledger, connection: Connection) -> None:
    """Write all that is marked as changed. Raises HistoryError."""
    if ledger.numberless or ledger.taken:
        first = take(connection, ledger.numberless)
        ledger.give_numbers(first)
        wanted = ledger.taken_before(first)
        ledger.restore(wanted - _kept(connection, sorted(wanted)))
    for table, rows in ledger.changes():
        if rows:
            connection.execute_many(table.upsert, rows)
    if ledger.ended:
        keep_latest(connection, ledger.run.pipeline, ledger.run.id)


def keep_latest(connection: Connection, pipeline: str, run: str) -> None:
    """Note the results of a run that has ended as the latest of its pipeline: those of the next run are compared with them."""
    connection.execute(_LATEST, (pipeline, run))


def _kept(connection: Connection, numbers: Sequence[int]) -> Set[int]:
    """Return those of some results that have not been forgotten meanwhile."""
    kept: set[int] = set()
    for some in chunks(numbers):
        rows = connection.rows(with_marks("SELECT number FROM results WHERE number IN (...)", some), some)
        kept.update(number for (number,) in rows)
    return kept

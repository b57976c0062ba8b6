"""Change what people may change in the history: a run's tags, and whether it is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..errors import HistoryError, RunNotFound
from ..states import State
from .connections import Connection
from .heirs import forget_runs
from .numbering import take

_ORPHANS = (
    "DELETE FROM graphs WHERE digest NOT IN (SELECT graph FROM runs WHERE graph IS NOT NULL)",
    "DELETE FROM packages WHERE digest NOT IN (SELECT packages FROM runs WHERE packages IS NOT NULL)",
)


def tag(connection: Connection, run_id: str, tags: Mapping[str, str | None]) -> dict[str, str]:
    """Add or change tags; None removes one. Returns all tags of the run. Raises RunNotFound."""
    with connection.transaction():
        rows = connection.rows("SELECT tags FROM runs WHERE id = ?", (run_id,))
        if not rows:
            raise RunNotFound(run_id)
        changed = {**json.loads(rows[0][0]), **tags}
        kept = {name: str(value) for name, value in changed.items() if value is not None}
        connection.execute("UPDATE runs SET tags = ? WHERE id = ?", (json.dumps(kept), run_id))
    return kept


def delete(connection: Connection, run_id: str) -> None:
    """Forget a run that has ended, and the documents that only it had. Raises RunNotFound and HistoryError."""
    with connection.transaction():
        take(connection, 0)
        rows = connection.rows("SELECT state FROM runs WHERE id = ?", (run_id,))
        if not rows:
            raise RunNotFound(run_id)
        if not State(rows[0][0]).ended:
            raise HistoryError(f"run {run_id} is {rows[0][0]}: cancel it, or wait for its end, before it is deleted")
        forget_runs(connection, [run_id])
        for statement in _ORPHANS:
            connection.execute(statement)

"""Forget runs, and hand their results to kept runs that took them over.

A step run that was reused names the result that it took. It has the same outputs and metrics as the step run that computed it,
so it can stand for the call just as well: when that one is forgotten the result moves there, and the call need not run again.
What no kept step run has taken is forgotten with the run.
"""

from __future__ import annotations

from collections.abc import Sequence

from .connections import Connection
from .marks import with_marks

_HEIR = (
    "SELECT steps.run, steps.id FROM steps JOIN runs ON runs.id = steps.run WHERE steps.result = results.number "
    "ORDER BY runs.number DESC, steps.position, steps.ordinal LIMIT 1"
)
_MOVE = (
    f"UPDATE results SET (run, step) = ({_HEIR}) WHERE run IN (...) "  # noqa: S608 -- our own text
    "AND EXISTS (SELECT 1 FROM steps WHERE steps.result = results.number)"
)


def forget_runs(connection: Connection, runs: Sequence[str]) -> None:
    """Delete runs and what belongs to them only, within a transaction that holds off recorders."""
    for statement in ("DELETE FROM runs WHERE id IN (...)", _MOVE, "DELETE FROM results WHERE run IN (...)"):
        connection.execute(with_marks(statement, runs), runs)

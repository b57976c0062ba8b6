"""Hand the results of runs that will be forgotten to kept runs that reused them.

A result belongs to the run that computed it, and is forgotten with it. A kept run that took it over has the same outputs
and metrics, so it can stand for the call just as well: the result moves there, and the call need not run again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

from .connections import Connection, Row

_AT_A_TIME = 500
"""Runs in one question; SQLite takes 999 parameters before version 3.32."""

_MOST_HEIRS = 5
"""Kept runs that are looked at for the results of one run, the newest first; one that reused all of them is enough."""

_MOVE = (
    "UPDATE results SET run = ?, step = ? WHERE key = ? AND run = ? AND step = ? "
    "AND EXISTS (SELECT 1 FROM runs WHERE id = ?) "
    "AND NOT EXISTS (SELECT 1 FROM results WHERE key = ? AND run = ? AND step = ?)"
)

_Content: TypeAlias = tuple[tuple[Row, ...], tuple[Row, ...]]
"""The outputs and the metrics of a step run: all that somebody gets who reuses it."""

_Reusers: TypeAlias = dict[str, dict[str, list[str]]]
"""Steps that reused something, by the run that they have it from and the run that they belong to, the newest first."""


@frozen
class Move:
    """A result, and the step run of a kept run that it goes to."""

    key: str
    run: str
    step: str
    heir: str
    heir_step: str


def heirs(connection: Connection, doomed: Sequence[str], kept: Sequence[str]) -> dict[str, list[Move]]:
    """Find new places for the results of the doomed runs, by run. ``kept`` are the other runs, the newest first."""
    moves: dict[str, list[Move]] = {}
    contents: dict[str, Mapping[str, _Content]] = {}
    for run, reusers in _reusers(connection, frozenset(doomed), kept).items():
        wanted = {step: key for key, step in connection.rows("SELECT key, step FROM results WHERE run = ?", (run,))}
        own = _contents(connection, run) if wanted else {}
        for heir, steps in reusers.items():
            if wanted and heir not in contents:
                contents[heir] = _contents(connection, heir)
            for step in _matched(wanted, own, steps, contents.get(heir, {})):
                moves.setdefault(run, []).append(Move(wanted.pop(step[0]), run, step[0], heir, step[1]))
    return moves


def move(connection: Connection, moves: Sequence[Move]) -> None:
    """Move results, within a transaction. A run that was meant to have one and is gone meanwhile gets none."""
    rows = [
        (one.heir, one.heir_step, one.key, one.run, one.step, one.heir, one.key, one.heir, one.heir_step)
        for one in moves
    ]
    if rows:
        connection.execute_many(_MOVE, rows)


def with_marks(sql: str, values: Sequence[object]) -> str:
    """Return a statement with a mark for each value in place of its dots."""
    return sql.replace("...", ", ".join("?" * len(values)))


def _reusers(connection: Connection, doomed: frozenset[str], kept: Sequence[str]) -> _Reusers:
    found: _Reusers = {}
    for start in range(0, len(kept) if doomed else 0, _AT_A_TIME):
        some = kept[start : start + _AT_A_TIME]
        rows = connection.rows(
            with_marks("SELECT run, id, reused_from FROM steps WHERE run IN (...) AND reused_from IS NOT NULL", some),
            some,
        )
        order = {run: place for place, run in enumerate(some)}
        for run, step, origin in sorted(rows, key=lambda row: order[row[0]]):
            runs = found.setdefault(origin, {}) if origin in doomed else {}
            if run in runs or len(runs) < _MOST_HEIRS:
                runs.setdefault(run, []).append(step)
    return found


def _matched(
    wanted: Mapping[str, str], own: Mapping[str, _Content], steps: Sequence[str], others: Mapping[str, _Content]
) -> Iterator[tuple[str, str]]:
    """Yield steps with results, each with one of the reusing steps that has the same content; of the same id, if any."""
    by_content: dict[_Content, list[str]] = {}
    for step in steps:
        by_content.setdefault(others.get(step, ((), ())), []).append(step)
    for step in tuple(wanted):
        equal = by_content.get(own.get(step, ((), ())))
        if equal:
            yield step, step if step in equal else equal[0]


def _contents(connection: Connection, run: str) -> dict[str, _Content]:
    made = _by_step(
        connection.rows("SELECT step, name, digest FROM artifacts WHERE run = ? ORDER BY step, position", (run,))
    )
    logged = _by_step(
        connection.rows("SELECT step, name, value, axis FROM metrics WHERE run = ? ORDER BY step, ordinal", (run,))
    )
    return {step: (tuple(made.get(step, ())), tuple(logged.get(step, ()))) for step in {*made, *logged}}


def _by_step(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for step, *rest in rows:
        found.setdefault(step, []).append(tuple(rest))
    return found

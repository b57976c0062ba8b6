"""Keep when endpoints run by themselves, and let each due time be fired by one server only."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, final

from attrs import evolve

from ..errors import EndpointError, EndpointExists, EndpointNotFound
from ..history import Session
from .records import ScheduleRecord, columns, marks, record, values
from .registry import NAME

LEASE: Final = 60.0
"""Seconds in which a server that took a due schedule must have fired it."""

MISSED: Final = ("skip", "once")


@final
class Schedules:
    """The schedules of a workspace. It may be used by several threads, processes and servers at once."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.time) -> None:
        self._session = session
        self._clock = clock

    def create(self, schedule: ScheduleRecord) -> ScheduleRecord:
        """Keep a new schedule. Raises EndpointError for what cannot be kept, EndpointNotFound and EndpointExists."""
        if not NAME.fullmatch(schedule.name):
            raise EndpointError(
                f"{schedule.name!r} is no name for a schedule: a letter, then letters, digits, '-' and '_'"
            )
        _check(schedule)
        made = evolve(schedule, created=self._clock(), owner=None, lease=None)
        statement = (
            f"INSERT INTO schedules ({columns(ScheduleRecord)}) VALUES ({marks(ScheduleRecord)}) "
            "ON CONFLICT (name) DO NOTHING"
        )
        with self._session.connection() as connection, connection.transaction():
            if not connection.rows("SELECT 1 FROM endpoints WHERE name = ?", (made.endpoint,)):
                raise EndpointNotFound(made.endpoint)
            if not connection.execute(statement, values(made)):
                raise EndpointExists(made.name)
        return made

    def get(self, name: str) -> ScheduleRecord:
        """Return a schedule. Raises EndpointNotFound."""
        with self._session.connection() as connection:
            rows = connection.rows(f"SELECT {columns(ScheduleRecord)} FROM schedules WHERE name = ?", (name,))
        if not rows:
            raise EndpointNotFound(name)
        return record(ScheduleRecord, rows[0])

    def list(self, endpoint: str | None = None) -> tuple[ScheduleRecord, ...]:
        """Return the schedules by name, of one endpoint or of all."""
        where, given = ("", ()) if endpoint is None else ("WHERE endpoint = ? ", (endpoint,))
        with self._session.connection() as connection:
            rows = connection.rows(f"SELECT {columns(ScheduleRecord)} FROM schedules {where}ORDER BY name", given)
        return tuple(record(ScheduleRecord, row) for row in rows)

    def update(self, name: str, **changes: Any) -> ScheduleRecord:
        """Change fields of a schedule. Raises EndpointNotFound, and EndpointError for what cannot be."""
        changed = evolve(self.get(name), **changes)
        _check(changed)
        rows = zip(columns(ScheduleRecord).split(", "), values(changed), strict=True)
        new = {column: value for column, value in rows if column in changes}
        assignments = ", ".join(f"{column} = ?" for column in new)
        with self._session.connection() as connection:
            connection.execute(f"UPDATE schedules SET {assignments} WHERE name = ?", (*new.values(), name))
        return changed

    def delete(self, name: str) -> None:
        """Delete a schedule. Raises EndpointNotFound."""
        with self._session.connection() as connection:
            if not connection.execute("DELETE FROM schedules WHERE name = ?", (name,)):
                raise EndpointNotFound(name)

    def take_due(self, owner: str) -> ScheduleRecord | None:
        """Give a schedule that is due to one server, which has to say :meth:`fired` soon; None where none is."""
        now = self._clock()
        free = "enabled = 1 AND due <= ? AND (lease IS NULL OR lease < ?)"
        chosen = f"SELECT name, due FROM schedules WHERE {free} ORDER BY due, name LIMIT 1"
        claimed = f"UPDATE schedules SET owner = ?, lease = ? WHERE name = ? AND due = ? AND {free}"
        with self._session.connection() as connection:
            while rows := connection.rows(chosen, (now, now)):
                name, due = rows[0]
                if connection.execute(claimed, (owner, now + LEASE, name, due, now, now)):
                    return self.get(name)
        return None

    def fired(
        self, taken: ScheduleRecord, due: float | None, run: str | None = None, memory: Mapping[str, Any] | None = None
    ) -> bool:
        """Note that a taken schedule was dealt with, and when it is due next; False where another server has it by now."""
        statement = (
            "UPDATE schedules SET due = ?, last_due = ?, last_run = coalesce(?, last_run), memory = ?, owner = NULL, "
            "lease = NULL WHERE name = ? AND owner = ? AND due = ?"
        )
        kept = json.dumps(dict(taken.memory if memory is None else memory))
        given = (due, taken.due, run, kept, taken.name, taken.owner, taken.due)
        with self._session.connection() as connection:
            return bool(connection.execute(statement, given))

    def next_due(self) -> float | None:
        """Return when the next schedule is due; None where none ever is."""
        with self._session.connection() as connection:
            ((due,),) = connection.rows("SELECT min(due) FROM schedules WHERE enabled = 1")
        return None if due is None else float(due)


def _check(schedule: ScheduleRecord) -> None:
    if schedule.missed not in MISSED:
        raise EndpointError(f"missed={schedule.missed!r} is wrong; expected 'skip' or 'once'")

"""Keep what waits to run, and give each request to one server at a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Final, final

from ..errors import EndpointError
from ..history import Session
from .owners import is_dead
from .records import LOCAL, QueuedRun, columns, marks, record, values

LEASE: Final = 30.0
"""Seconds for which a server holds a request; a live one renews its leases several times within that."""

_FREE = "(state = 'queued' OR (state = 'leased' AND lease < ?))"
_HELD = "id = ? AND state = 'leased' AND owner = ?"


@final
class Queue:
    """The requests for runs of a workspace's endpoints. It may be used by several threads, processes and servers at once."""

    def __init__(self, session: Session, clock: Callable[[], float] = time.time) -> None:
        self._session = session
        self._clock = clock

    def add(self, request: QueuedRun) -> tuple[QueuedRun, bool]:
        """Add a request, and say whether it is new: one with the same idempotency key is returned in its place.

        Raises EndpointError where that one asked for something else.
        """
        statement = f"INSERT INTO queue ({columns(QueuedRun)}) VALUES ({marks(QueuedRun)}) ON CONFLICT DO NOTHING"
        with self._session.connection() as connection:
            if connection.execute(statement, values(request)):
                return request, True
        known = self._by_key(request.idempotency_key)
        if known is None:
            raise EndpointError(f"there is a request for a run {request.id!r} already")
        if (known.endpoint, known.parameters) != (request.endpoint, request.parameters):
            raise EndpointError(
                f"the idempotency key {request.idempotency_key!r} was used for another request, run {known.id}; "
                "use a new key for each request, and the same for its repetitions"
            )
        return known, False

    def take(
        self, owner: str, *, computes: Collection[str] = (LOCAL,), full: Collection[str] = (), seconds: float = LEASE
    ) -> QueuedRun | None:
        """Give the next request to a server for some seconds; None where none is free.

        A request of another server whose lease has run out is free: that server is gone. ``computes`` are where the server
        has room for a run, ``full`` endpoints of which no more may run now.
        """
        now = self._clock()
        others = f" AND endpoint NOT IN ({_marks(full)})" if full else ""
        wanted = f"{_FREE} AND compute IN ({_marks(computes)}){others}"
        chosen = f"SELECT id, state, tries FROM queue WHERE {wanted} ORDER BY priority DESC, created, id LIMIT 1"
        claimed = (
            "UPDATE queue SET state = 'leased', owner = ?, lease = ?, tries = tries + 1, started = coalesce(started, ?) "
            f"WHERE id = ? AND tries = ? AND {_FREE}"
        )
        with self._session.connection() as connection:
            while rows := connection.rows(chosen, (now, *computes, *full)):
                run, _state, tries = rows[0]
                if connection.execute(claimed, (owner, now + seconds, now, run, tries, now)):
                    return self.get(run)
        return None

    def renew(self, run: str, owner: str, seconds: float = LEASE) -> bool:
        """Hold a request for some more seconds, and say whether it is still this server's."""
        with self._session.connection() as connection:
            return bool(
                connection.execute(f"UPDATE queue SET lease = ? WHERE {_HELD}", (self._clock() + seconds, run, owner))
            )

    def release(self, run: str, owner: str) -> bool:
        """Give a request back, for whoever is next; a server that stops does so."""
        statement = f"UPDATE queue SET state = 'queued', owner = NULL, lease = NULL WHERE {_HELD}"
        with self._session.connection() as connection:
            return bool(connection.execute(statement, (run, owner)))

    def release_dead(self) -> tuple[str, ...]:
        """Give back what servers of this machine held that are gone, without waiting for their leases, and return the runs."""
        given_back: list[str] = []
        with self._session.connection() as connection:
            owners = connection.rows("SELECT DISTINCT owner FROM queue WHERE state = 'leased'")
            for owner in [owner for (owner,) in owners if is_dead(owner)]:
                held = connection.rows("SELECT id FROM queue WHERE state = 'leased' AND owner = ?", (owner,))
                given_back += [run for (run,) in held if self.release(run, owner)]
        return tuple(given_back)

    def end(self, run: str, owner: str, problem: str = "") -> bool:
        """Note that a request was dealt with; ``problem`` says why no run came of it. False where it is another's by now."""
        statement = f"UPDATE queue SET state = 'ended', ended = ?, problem = ?, lease = NULL WHERE {_HELD}"
        with self._session.connection() as connection:
            return bool(connection.execute(statement, (self._clock(), problem, run, owner)))

    def cancel(self, run: str) -> QueuedRun | None:
        """Ask for a request not to be run, or for its run to stop. None where there is none.

        What still waits ends at once, but for what may go on elsewhere: a server has to see that it ends there.
        """
        now = self._clock()
        with self._session.connection() as connection, connection.transaction():
            connection.execute("UPDATE queue SET cancelled = 1 WHERE id = ? AND state <> 'ended'", (run,))
            connection.execute(
                "UPDATE queue SET state = 'ended', ended = ?, problem = ? WHERE id = ? AND state = 'queued' "
                "AND (tries = 0 OR compute = ?)",
                (now, "cancelled before it began", run, LOCAL),
            )
        return self.get(run)

    def get(self, run: str) -> QueuedRun | None:
        """Return a request by the id of its run."""
        return self._one("id", run)

    def waiting(self) -> tuple[QueuedRun, ...]:
        """Return what has not ended, in the order in which it is taken."""
        statement = f"SELECT {columns(QueuedRun)} FROM queue WHERE state <> 'ended' ORDER BY priority DESC, created, id"
        with self._session.connection() as connection:
            return tuple(record(QueuedRun, row) for row in connection.rows(statement))

    def of_endpoint(self, endpoint: str, limit: int = 100, before: QueuedRun | None = None) -> tuple[QueuedRun, ...]:
        """Return the latest requests for an endpoint, or those before one of them, the newest first."""
        earlier = "" if before is None else " AND (created < ? OR (created = ? AND id > ?))"
        place = () if before is None else (before.created, before.created, before.id)
        statement = (
            f"SELECT {columns(QueuedRun)} FROM queue WHERE endpoint = ?{earlier} ORDER BY created DESC, id LIMIT ?"
        )
        with self._session.connection() as connection:
            return tuple(record(QueuedRun, row) for row in connection.rows(statement, (endpoint, *place, limit)))

    def running(self) -> dict[str, int]:
        """Return how many requests are being run, by endpoint."""
        statement = "SELECT endpoint, count(*) FROM queue WHERE state = 'leased' AND lease >= ? GROUP BY endpoint"
        with self._session.connection() as connection:
            return {endpoint: int(count) for endpoint, count in connection.rows(statement, (self._clock(),))}

    def _by_key(self, key: str | None) -> QueuedRun | None:
        return None if key is None else self._one("idempotency_key", key)

    def _one(self, column: str, value: str) -> QueuedRun | None:
        with self._session.connection() as connection:
            rows = connection.rows(f"SELECT {columns(QueuedRun)} FROM queue WHERE {column} = ?", (value,))
        return record(QueuedRun, rows[0]) if rows else None


def _marks(names: Collection[str]) -> str:
    return ", ".join("?" * len(names))

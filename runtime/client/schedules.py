"""Look after a schedule on a server."""

from __future__ import annotations

from typing import Any, final

from attrs import field, frozen

from ..endpoints import ScheduleRecord
from .connections import Connection
from .documents import record_of


@final
@frozen
class ServerSchedule:
    """When an endpoint on a server runs by itself."""

    name: str
    _connection: Connection = field(repr=False, alias="connection")

    @property
    def record(self) -> ScheduleRecord:
        """What is known of it. Raises EndpointNotOnServer."""
        return record_of(ScheduleRecord, self._connection.ask("GET", "schedules", self.name))

    @property
    def problem(self) -> str | None:
        """Why the last due time started nothing, if it did not."""
        found: str | None = self._connection.ask("GET", "schedules", self.name)["problem"]
        return found

    def update(self, **changes: Any) -> ServerSchedule:
        """Change ``rule``, ``version``, ``time_zone``, ``missed``, ``parameters`` or ``experiment``, and return it. Raises ServerRefused."""
        self._connection.ask("PATCH", "schedules", self.name, body=changes)
        return self

    def enable(self) -> None:
        """Let it run again."""
        self.update(enabled=True)

    def disable(self) -> None:
        """Switch it off."""
        self.update(enabled=False)

    def delete(self) -> None:
        """Delete it. Runs stay."""
        self._connection.ask("DELETE", "schedules", self.name)

"""Keep schedules in the workspace: when something starts by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, final

from attrs import field, frozen

from .connections import Connection
from .errors import NotFoundRemotely, SubmissionRejected
from .operations import PATIENCE, complete

_PLACE = "schedules"

Frequency: TypeAlias = Literal["minute", "hour", "day", "week", "month"]

_WEEK = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@frozen
class Cron:
    """A cron expression of five fields: ``"15 10 * * 1"`` is Mondays at 10:15. ``time_zone`` is a name as Windows has it."""

    expression: str
    time_zone: str = "UTC"

    def body(self) -> dict[str, object]:
        """Return Azure's form. Raises SubmissionRejected for anything but five fields."""
        if len(self.expression.split()) != 5:
            raise SubmissionRejected(
                "keep a schedule",
                f"{self.expression!r} is no cron expression; expected five fields, as in '15 10 * * 1'",
            )
        return {"triggerType": "Cron", "expression": self.expression, "timeZone": self.time_zone}


@frozen
class Recurrence:
    """Every ``interval`` minutes, hours, days, weeks or months; at these hours and minutes, on these days.

    ``week_days`` are English names, ``month_days`` numbers from 1. ``time_zone`` is a name as Windows has it.
    """

    frequency: Frequency
    interval: int = 1
    hours: Sequence[int] = ()
    minutes: Sequence[int] = ()
    week_days: Sequence[str] = ()
    month_days: Sequence[int] = ()
    time_zone: str = "UTC"

    def body(self) -> dict[str, object]:
        """Return Azure's form. Raises SubmissionRejected for what is no time."""
        self._check()
        found: dict[str, object] = {
            "triggerType": "Recurrence",
            "frequency": self.frequency.capitalize(),
            "interval": self.interval,
            "timeZone": self.time_zone,
        }
        if self.hours or self.minutes or self.week_days or self.month_days:
            when: dict[str, object] = {"hours": list(self.hours) or [0], "minutes": list(self.minutes) or [0]}
            if self.week_days:
                when["weekDays"] = [day.capitalize() for day in self.week_days]
            if self.month_days:
                when["monthDays"] = list(self.month_days)
            found["schedule"] = when
        return found

    def _check(self) -> None:
        wrong = [
            (self.frequency not in ("minute", "hour", "day", "week", "month"), f"frequency={self.frequency!r}"),
            (self.interval < 1, f"interval={self.interval!r}"),
            (any(hour not in range(24) for hour in self.hours), f"hours={list(self.hours)}"),
            (any(minute not in range(60) for minute in self.minutes), f"minutes={list(self.minutes)}"),
            (any(day not in range(1, 32) for day in self.month_days), f"month_days={list(self.month_days)}"),
            (any(day.capitalize() not in _WEEK for day in self.week_days), f"week_days={list(self.week_days)}"),
        ]  # fmt: skip
        found = next((words for is_wrong, words in wrong if is_wrong), None)
        if found:
            raise SubmissionRejected("keep a schedule", f"{found} is no time of a recurrence")


Trigger: TypeAlias = "Cron | Recurrence"


@frozen
class Schedule:
    """A schedule as Azure tells it."""

    name: str
    is_enabled: bool
    trigger: Mapping[str, Any] = field(factory=dict)
    action: Mapping[str, Any] = field(factory=dict, repr=False)
    state: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(factory=dict)


def job_action(properties: Mapping[str, Any]) -> dict[str, object]:
    """Return the action that submits a job: ``properties`` are those of the job's own request."""
    return {"actionType": "CreateJob", "jobDefinition": dict(properties)}


def endpoint_action(endpoint_id: str, inputs: Mapping[str, object]) -> dict[str, object]:
    """Return the action that calls a batch endpoint. Azure's specification shows this form, and does not define it."""
    definition = {"endpoint": f"azureml:{endpoint_id}", "inputs": dict(inputs)}
    return {"actionType": "InvokeBatchEndpoint", "endpointInvocationDefinition": definition}


def put_schedule(
    connection: Connection,
    name: str,
    trigger: Trigger,
    action: Mapping[str, Any],
    *,
    enabled: bool = True,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    timeout: float = PATIENCE,
) -> Schedule:
    """Make a schedule, or replace the one of that name, and wait until it holds. Raises what Azure refuses."""
    properties = {
        "isEnabled": enabled,
        "description": description,
        "tags": dict(tags or {}),
        "trigger": trigger.body(),
        "action": dict(action),
    }
    return _put(connection, f"keep the schedule {name!r}", name, properties, timeout)


def set_enabled(connection: Connection, name: str, *, enabled: bool, timeout: float = PATIENCE) -> Schedule:
    """Let a schedule start things, or not; all else stays as it is. Raises NotFoundRemotely."""
    action = f"{'enable' if enabled else 'disable'} the schedule {name!r}"
    found = connection.get(action, _PLACE, name).get("properties") or {}
    kept = {key: value for key, value in found.items() if key != "provisioningState"}
    return _put(connection, action, name, {**kept, "isEnabled": enabled}, timeout)


def get_schedule(connection: Connection, name: str) -> Schedule:
    """Return a schedule. Raises NotFoundRemotely."""
    return _schedule(connection.get(f"find the schedule {name!r}", _PLACE, name))


def list_schedules(connection: Connection) -> tuple[Schedule, ...]:
    """Return every schedule of the workspace, disabled ones too, sorted by name."""
    found = connection.pages("list the schedules of the workspace", _PLACE, query={"listViewType": "All"})
    return tuple(sorted(map(_schedule, found), key=lambda one: one.name))


def delete_schedule(connection: Connection, name: str, *, timeout: float = PATIENCE) -> None:
    """Delete a schedule, and wait until it is gone. One that is not there is no error."""
    action = f"delete the schedule {name!r}"
    try:
        answer = connection.call(action, "DELETE", _PLACE, name)
    except NotFoundRemotely:
        return
    complete(connection, action, answer, _PLACE, name, timeout=timeout)


def _put(
    connection: Connection, action: str, name: str, properties: Mapping[str, object], timeout: float
) -> Schedule:  # fmt: skip
    answer = connection.call(action, "PUT", _PLACE, name, body={"properties": dict(properties)})
    return _schedule(complete(connection, action, answer, _PLACE, name, timeout=timeout))


def _schedule(document: Mapping[str, Any]) -> Schedule:
    properties = document.get("properties") or {}
    return Schedule(
        name=str(document.get("name") or ""),
        is_enabled=properties.get("isEnabled", True) is not False,
        trigger=properties.get("trigger") or {},
        action=properties.get("action") or {},
        state=str(properties.get("provisioningState") or ""),
        description=str(properties.get("description") or ""),
        tags=properties.get("tags") or {},
    )


@final
@frozen
class Schedules(Mapping[str, Schedule]):
    """The schedules of a workspace, by name, disabled ones too. Each look-up asks Azure."""

    connection: Connection = field(repr=False)

    def __getitem__(self, name: str) -> Schedule:
        """Return a schedule. Raises KeyError."""
        try:
            return get_schedule(self.connection, name)
        except NotFoundRemotely:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return (one.name for one in list_schedules(self.connection))

    def __len__(self) -> int:
        return len(list_schedules(self.connection))

    def enable(self, name: str) -> Schedule:
        """Let a schedule start things again. Raises NotFoundRemotely."""
        return set_enabled(self.connection, name, enabled=True)

    def disable(self, name: str) -> Schedule:
        """Let a schedule start nothing; it stays. Raises NotFoundRemotely."""
        return set_enabled(self.connection, name, enabled=False)

    def delete(self, name: str) -> None:
        """Delete a schedule. One that is not there is no error."""
        delete_schedule(self.connection, name)

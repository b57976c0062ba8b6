"""Schedules: when endpoints run by themselves."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

import msgspec

from ...documents import moment
from ...endpoints import ScheduleRecord
from ...errors import EndpointNotFound
from ...fitting import checked
from ..actions import Action, Call, Query
from ..bodies import Text
from ..callers import Scope
from ..errors import Problem
from ..recurrences import zone
from ..rules import Rule, checked_rule, next_due, read_rule

_PATH = "/api/v1/schedules/{schedule}"


class NewSchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A schedule to be made. ``missed`` says what happens where nobody was there at a due time: skip it, or run once."""

    name: str
    endpoint: str
    rule: Rule
    version: str | None = None
    time_zone: str = "UTC"
    enabled: bool = True
    missed: Literal["skip", "once"] = "skip"
    parameters: dict[str, Any] = {}
    experiment: Text | None = None
    compute: Text | None = None


class ScheduleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of a schedule; what is left out stays."""

    rule: Rule | msgspec.UnsetType = msgspec.UNSET
    version: str | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: str | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    missed: Literal["skip", "once"] | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    experiment: Text | msgspec.UnsetType | None = msgspec.UNSET
    compute: Text | msgspec.UnsetType | None = msgspec.UNSET


class ScheduleDocument(TypedDict):
    """A schedule. ``due`` is when it runs next; ``problem`` is why the last due time started nothing, if it did not."""

    name: str
    endpoint: str
    rule: dict[str, Any]
    version: str | None
    time_zone: str
    enabled: bool
    missed: str
    parameters: dict[str, Any]
    experiment: str | None
    compute: str | None
    due: str | None
    last_due: str | None
    last_run: str | None
    created: str | None
    problem: str | None


class ScheduleList(TypedDict):
    """Schedules by name."""

    schedules: list[ScheduleDocument]


def schedule_document(record: ScheduleRecord) -> ScheduleDocument:
    """Return what is told of a schedule."""
    return {
        "name": record.name,
        "endpoint": record.endpoint,
        "rule": dict(record.rule),
        "version": record.version,
        "time_zone": record.time_zone,
        "enabled": record.enabled,
        "missed": record.missed,
        "parameters": dict(record.parameters),
        "experiment": record.experiment,
        "compute": record.compute,
        "due": moment(record.due),
        "last_due": moment(record.last_due),
        "last_run": record.last_run,
        "created": moment(record.created),
        "problem": record.memory.get("problem"),
    }


def _list(call: Call) -> ScheduleList:
    found = call.service.schedules.list(call.caller.endpoint or call.query["endpoint"])
    return {"schedules": [schedule_document(one) for one in found]}


def _allowed(call: Call, endpoint: str) -> None:
    if call.caller.endpoint not in (None, endpoint):
        raise Problem(403, f"this token is for the endpoint {call.caller.endpoint} only")


def _known(call: Call) -> ScheduleRecord:
    found = call.service.schedules.get(call.path("schedule"))
    if call.caller.endpoint not in (None, found.endpoint):
        raise EndpointNotFound(found.name)
    return found


def _show(call: Call) -> ScheduleDocument:
    return schedule_document(_known(call))


def _create(call: Call) -> ScheduleDocument:
    asked: NewSchedule = call.body
    _allowed(call, asked.endpoint)
    _check(call, asked.endpoint, asked.version, asked.rule, asked.parameters)
    call.service.check_compute(asked.compute)
    now = call.service.clock()
    zone(asked.time_zone)
    due = next_due(checked_rule(asked.rule), asked.time_zone, now, now - 1 if asked.rule.data else now)
    record = ScheduleRecord(
        asked.name, asked.endpoint, _document(asked.rule), asked.version, asked.time_zone, asked.enabled, asked.missed,
        asked.parameters, asked.experiment, due=now if asked.rule.data else due,
        compute=asked.compute,
    )  # fmt: skip
    return schedule_document(call.service.schedules.create(record))


def _change(call: Call) -> ScheduleDocument:
    record = _known(call)
    given = {name: getattr(call.body, name) for name in call.body.__struct_fields__}
    changes = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    rule = changes.get("rule", read_rule(record.rule))
    _check(
        call,
        record.endpoint,
        changes.get("version", record.version),
        rule,
        changes.get("parameters", record.parameters),
    )
    if not changes:
        return schedule_document(record)
    call.service.check_compute(changes.get("compute"))
    if "rule" in changes:
        changes["rule"], changes["memory"] = _document(rule), {}
    if changes.keys() & {"rule", "time_zone", "enabled"}:
        place = changes.get("time_zone", record.time_zone)
        zone(place)
        changes["due"] = next_due(checked_rule(rule), place, record.created, call.service.clock())
    return schedule_document(call.service.schedules.update(record.name, **changes))


def _check(call: Call, endpoint: str, version: str | None, rule: Rule, parameters: dict[str, Any]) -> None:
    """Refuse what could only fail when it is due."""
    known = call.service.parameters(call.service.registry.version(endpoint, version))
    rule = checked_rule(rule)
    values = dict(parameters)
    if rule.data is not None:
        call.service.workspace.datastores[rule.data.datastore]
        values[rule.data.parameter] = f"datastore://{rule.data.datastore}/{rule.data.path.strip('/')}"
    call.service.uploads.check(checked(values, known), known, call.service.workspace.datastores)


def _document(rule: Rule) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(rule)
    return {name: value for name, value in document.items() if value is not None}


def _delete(call: Call) -> None:
    call.service.schedules.delete(_known(call).name)


ACTIONS = (
    Action("GET", "/api/v1/schedules", _list, Scope.READ, "List schedules.", lists=True, tag="schedules",
           query=(Query("endpoint", str, "Only those of this endpoint."),)),
    Action("POST", "/api/v1/schedules", _create, Scope.RUN, "Make a schedule.", body=NewSchedule, status=201, lists=True,
           tag="schedules"),
    Action("GET", _PATH, _show, Scope.READ, "A schedule.", lists=True, tag="schedules"),
    Action("PATCH", _PATH, _change, Scope.RUN, "Change a schedule, or switch it on or off.", body=ScheduleChange, lists=True,
           tag="schedules"),
    Action("DELETE", _PATH, _delete, Scope.RUN, "Delete a schedule.", status=204, lists=True, tag="schedules"),
)  # fmt: skip

"""Read when a schedule runs: a cron expression, a recurrence, or data that arrives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from .recurrences import Frequency, Recurrence, ScheduleError, next_by_cron, next_by_recurrence

_MOST_FILES = 100
"""Files for which one look starts runs; the rest are taken at the next."""


class RecurrenceRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Every so many minutes, hours, days, weeks or months, in the words of Azure ML's first SDK."""

    frequency: Frequency
    interval: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1
    start_time: str | None = None
    hours: tuple[Annotated[int, msgspec.Meta(ge=0, le=23)], ...] = ()
    minutes: tuple[Annotated[int, msgspec.Meta(ge=0, le=59)], ...] = ()
    week_days: tuple[str, ...] = ()


class DataRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Look into a folder of a datastore every so many minutes; each new or changed file starts a run with it as a parameter."""

    datastore: str
    parameter: str
    path: str = ""
    polling_interval: Annotated[float, msgspec.Meta(gt=0, le=100_000)] = 5.0


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a schedule runs: one of the three."""

    cron: str | None = None
    recurrence: RecurrenceRule | None = None
    data: DataRule | None = None


def read_rule(document: Mapping[str, Any]) -> Rule:
    """Read a rule. Raises ScheduleError."""
    try:
        rule = msgspec.convert(dict(document), Rule)
    except msgspec.ValidationError as error:
        raise ScheduleError("rule", str(error)) from None
    return checked_rule(rule)


def checked_rule(rule: Rule) -> Rule:
    """Return a rule that says one thing. Raises ScheduleError."""
    if sum(one is not None for one in (rule.cron, rule.recurrence, rule.data)) != 1:
        raise ScheduleError("rule", "expected one of cron, recurrence and data")
    return rule


def next_due(rule: Rule, time_zone: str, created: float, after: float) -> float:
    """Return when a rule is due next. Raises ScheduleError."""
    if rule.data is not None:
        return after + 60 * rule.data.polling_interval
    if rule.cron is not None:
        return next_by_cron(rule.cron, time_zone, after)
    recurrence = rule.recurrence or RecurrenceRule("Day")
    return next_by_recurrence(
        Recurrence(
            recurrence.frequency, recurrence.interval, recurrence.start_time, recurrence.hours, recurrence.minutes,
            recurrence.week_days,
        ),
        time_zone, created, after,
    )  # fmt: skip


def changed_files(before: Mapping[str, str] | None, now: Mapping[str, str]) -> list[str]:
    """Return the files that are new or have changed, at the first look none: what was there before does not arrive."""
    if before is None:
        return []
    return sorted(path for path, state in now.items() if before.get(path) != state)[:_MOST_FILES]

"""Compute when a schedule is next due: cron expressions, and recurrences in the words of Azure ML's first SDK.

Moments are seconds since the epoch; what a schedule says is local time in its time zone. A local time that a change of
the clocks leaves out comes as much later as the clocks jump; one that comes twice is taken the first time.
"""

from __future__ import annotations

import calendar
import itertools
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

from attrs import frozen
from cronsim import CronSim, CronSimError

from .errors import ServerError

Frequency: TypeAlias = Literal["Minute", "Hour", "Day", "Week", "Month"]

WEEK_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_LOOKED_AT = 100_000
"""Candidates that are looked at before a recurrence is said never to come."""


class ScheduleError(ServerError):
    """A schedule cannot be understood. ``field`` names the part that is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(field, problem)
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}"


@frozen
class Recurrence:
    """Every ``interval`` minutes, hours, days, weeks or months from ``start`` (an ISO time; without an offset it is local).

    ``hours`` and ``minutes`` are times of a day, all combined, for days, weeks and months; by default the start's.
    ``week_days`` are English names, for weeks. A month that is too short is due on its last day.
    """

    frequency: Frequency
    interval: int = 1
    start: str | None = None
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    week_days: tuple[str, ...] = ()


def zone(name: str) -> zoneinfo.ZoneInfo:
    """Return a time zone by its IANA name. Raises ScheduleError."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ScheduleError(
            "time_zone", f"{name[:100]!r} is no time zone; expected a name such as Europe/Berlin"
        ) from None


def next_by_cron(expression: str, time_zone: str, after: float) -> float:
    """Return the first moment after another that a cron expression of five fields means. Raises ScheduleError."""
    if len(expression.split()) != 5:
        raise ScheduleError("cron", f"{expression[:100]!r} has not five fields, as in 30 6 * * 1-5")
    local = datetime.fromtimestamp(after, zone(time_zone))
    try:
        return next(CronSim(expression, local)).timestamp()
    except CronSimError as error:
        raise ScheduleError("cron", f"{expression[:100]!r} cannot be read: {error}") from None
    except StopIteration:
        raise ScheduleError("cron", f"{expression!r} never comes") from None


def next_by_recurrence(recurrence: Recurrence, time_zone: str, created: float, after: float) -> float:
    """Return the first moment after another at which a recurrence is due; without a start it begins when it was created.

    Raises ScheduleError.
    """
    check_recurrence(recurrence)
    start = start_of(recurrence, time_zone, created)
    moments = itertools.islice(_moments(recurrence, start, after), _LOOKED_AT)
    found = next((moment for moment in moments if moment > after and moment >= start.timestamp()), None)
    if found is None:
        raise ScheduleError("recurrence", "it never comes")
    return found


def start_of(recurrence: Recurrence, time_zone: str, created: float) -> datetime:
    """Return when a recurrence begins, in its time zone. Raises ScheduleError."""
    place = zone(time_zone)
    if recurrence.start is None:
        return datetime.fromtimestamp(created, place)
    try:
        start = datetime.fromisoformat(recurrence.start)
    except ValueError:
        raise ScheduleError("start", f"{recurrence.start[:100]!r} is no time such as 2026-11-22T06:30") from None
    return start.replace(tzinfo=place) if start.tzinfo is None else start.astimezone(place)


def check_recurrence(recurrence: Recurrence) -> None:
    """Raise ScheduleError for what no recurrence can say."""
    if not 1 <= recurrence.interval <= 10_000:
        raise ScheduleError("interval", f"expected a whole number from 1 to 10000, got {recurrence.interval}")
    for name, values, most in (("hours", recurrence.hours, 23), ("minutes", recurrence.minutes, 59)):
        if any(not 0 <= value <= most for value in values):
            raise ScheduleError(name, f"expected whole numbers from 0 to {most}, got {list(values)}")
    unknown = set(recurrence.week_days) - set(WEEK_DAYS)
    if unknown:
        raise ScheduleError("week_days", f"{min(unknown)[:50]!r} is none of {', '.join(WEEK_DAYS)}")
    is_short = recurrence.frequency in ("Minute", "Hour")
    if is_short and (recurrence.hours or recurrence.minutes):
        raise ScheduleError("hours", f"times of the day do not go with every {recurrence.frequency.lower()}")
    if recurrence.week_days and recurrence.frequency != "Week":
        raise ScheduleError("week_days", "they go with the frequency Week only")


def _moments(recurrence: Recurrence, start: datetime, after: float) -> Iterator[float]:
    """Yield moments in order, from not long before ``after``."""
    if recurrence.frequency in ("Minute", "Hour"):
        step = recurrence.interval * (60 if recurrence.frequency == "Minute" else 3600)
        passed = max(0, int((after - start.timestamp()) // step))
        yield from (start.timestamp() + count * step for count in itertools.count(passed))
        return
    for day in _days(recurrence, start, after):
        yield from sorted(_times(recurrence, start, day))


def _times(recurrence: Recurrence, start: datetime, day: datetime) -> Iterator[float]:
    exact = start.replace(tzinfo=None)
    for hour, minute in itertools.product(recurrence.hours or (start.hour,), recurrence.minutes or (start.minute,)):
        is_given = recurrence.hours or recurrence.minutes
        seconds = {"second": 0, "microsecond": 0} if is_given else {"second": exact.second, "microsecond": 0}
        yield _as_moment(day.replace(hour=hour, minute=minute, **seconds, tzinfo=start.tzinfo, fold=0))


def _as_moment(local: datetime) -> float:
    return local.astimezone(UTC).timestamp()


def _days(recurrence: Recurrence, start: datetime, after: float) -> Iterator[datetime]:
    """Yield the days on which it is due, as midnights without a zone, from not long before ``after``."""
    first = start.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    reached = datetime.fromtimestamp(after, start.tzinfo).replace(tzinfo=None)
    passed = max(0, (reached - first).days - 1)
    if recurrence.frequency == "Month":
        yield from _months(first, recurrence.interval, passed // 31)
    elif recurrence.frequency == "Week":
        yield from _week_days(recurrence, first, passed // 7)
    else:
        steps = itertools.count(passed // recurrence.interval)
        yield from (first + timedelta(days=count * recurrence.interval) for count in steps)


def _months(first: datetime, interval: int, passed: int) -> Iterator[datetime]:
    for count in itertools.count(passed // interval):
        years, month = divmod(first.month - 1 + count * interval, 12)
        year = first.year + years
        if year > 9000:
            return
        last = calendar.monthrange(year, month + 1)[1]
        yield first.replace(year=year, month=month + 1, day=min(first.day, last))


def _week_days(recurrence: Recurrence, first: datetime, passed: int) -> Iterator[datetime]:
    monday = first - timedelta(days=first.weekday())
    wanted = sorted(WEEK_DAYS.index(name) for name in recurrence.week_days) or [first.weekday()]
    for count in itertools.count(passed // recurrence.interval):
        for day in wanted:
            yield monday + timedelta(weeks=count * recurrence.interval, days=day)

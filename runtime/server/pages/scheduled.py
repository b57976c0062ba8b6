"""Show when endpoints run by themselves, and say it in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ... import amounts
from ...endpoints import ScheduleRecord
from .visits import Page, Visit

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _show(visit: Visit) -> Response:
    service = visit.service
    endpoints = [endpoint.name for endpoint in service.registry.endpoints() if endpoint.enabled]
    return visit.page(
        "schedules.html",
        schedules=service.schedules.list(),
        endpoints=endpoints,
        in_words=in_words,
        computes=tuple(service.computes),
    )


def in_words(schedule: ScheduleRecord) -> str:
    """Say when a schedule is due.

    >>> in_words(ScheduleRecord("nightly", "fit", {"cron": "30 6 * * 1-5"}))
    'Monday to Friday at 06:30'
    """
    for kind, tell in (("cron", _cron), ("recurrence", _recurrence), ("data", _data)):
        if schedule.rule.get(kind):
            return tell(schedule.rule[kind])
    return ""


def _cron(text: str) -> str:
    """Say the simple ones in words: a time of day, on all days or on some of the week."""
    fields = text.split()
    if len(fields) != 5 or not (fields[0].isdecimal() and fields[1].isdecimal()) or fields[2:4] != ["*", "*"]:
        return f"cron {text}"
    days = _days(fields[4])
    return f"{days} at {int(fields[1]):02}:{int(fields[0]):02}" if days else f"cron {text}"


def _days(text: str) -> str:
    if text == "*":
        return "every day"
    parts = text.split("-") if "-" in text else text.split(",")
    if ("-" in text and len(parts) != 2) or not all(part.isdecimal() and int(part) < len(_DAYS) for part in parts):
        return ""
    return (" to " if "-" in text else ", ").join(_DAYS[int(part)] for part in parts)


def _recurrence(rule: Mapping[str, Any]) -> str:
    every, unit = int(rule.get("interval", 1)), str(rule.get("frequency", "Day")).lower()
    parts = [f"every {unit}" if every == 1 else f"every {amounts.counted(every, unit)}"]
    if rule.get("week_days"):
        parts.append(f"on {', '.join(rule['week_days'])}")
    hours, minutes = rule.get("hours") or (), rule.get("minutes") or (0,)
    if hours:
        parts.append(f"at {', '.join(f'{hour:02}:{minute:02}' for hour in hours for minute in minutes)}")
    return " ".join(parts)


def _data(rule: Mapping[str, Any]) -> str:
    place = "/".join(part for part in (rule.get("datastore", ""), rule.get("path", "").strip("/")) if part)
    return f"for each new file in {place}, as {rule.get('parameter', '')}; looks every {rule.get('polling_interval', 5.0):g} min"


PAGES = (Page("/schedules", _show),)

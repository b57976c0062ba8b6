"""When schedules are due: time zones, changes of the clocks, ends of months."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.runtime.server.recurrences import (
    WEEK_DAYS,
    Recurrence,
    ScheduleError,
    next_by_cron,
    next_by_recurrence,
)

BERLIN = "Europe/Berlin"


def at(text: str, zone: str = BERLIN) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def local(moment: float, zone: str = BERLIN) -> str:
    return datetime.fromtimestamp(moment, ZoneInfo(zone)).isoformat(timespec="minutes")


def due(recurrence: Recurrence, after: str, count: int = 3, zone: str = BERLIN) -> list[str]:
    moments, moment = [], at(after, zone)
    for _ in range(count):
        moment = next_by_recurrence(recurrence, zone, at("2026-01-01", zone), moment)
        moments.append(local(moment, zone)[:16])
    return moments


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        (Recurrence("Minute", 15, "2026-03-02T06:05"), ["2026-03-02T06:05", "2026-03-02T06:20", "2026-03-02T06:35"]),
        (Recurrence("Hour", 12, "2026-03-01T06:30"), ["2026-03-02T06:30", "2026-03-02T18:30", "2026-03-03T06:30"]),
        (Recurrence("Day", 1, hours=(6, 18), minutes=(30,)), ["2026-03-02T06:30", "2026-03-02T18:30", "2026-03-03T06:30"]),
        (Recurrence("Day", 2, "2026-03-01T05:00"), ["2026-03-03T05:00", "2026-03-05T05:00", "2026-03-07T05:00"]),
        (Recurrence("Week", 1, week_days=("Friday", "Monday"), hours=(9,), minutes=(0,)),
         ["2026-03-02T09:00", "2026-03-06T09:00", "2026-03-09T09:00"]),
        (Recurrence("Week", 2, "2026-02-25T09:00"), ["2026-03-11T09:00", "2026-03-25T09:00", "2026-04-08T09:00"]),
        (Recurrence("Month", 1, "2026-01-31T08:00"), ["2026-03-31T08:00", "2026-04-30T08:00", "2026-05-31T08:00"]),
    ],
    ids=str,
)  # fmt: skip
def test_a_recurrence_is_due_when_it_says(recurrence, expected):
    assert due(recurrence, "2026-03-02T00:00") == expected


def test_a_time_that_the_clocks_leave_out_comes_an_hour_later():
    assert due(Recurrence("Day", 1, hours=(2,), minutes=(30,)), "2026-03-28T12:00", 2) == [
        "2026-03-29T03:30",
        "2026-03-30T02:30",
    ]


def test_a_time_that_comes_twice_is_due_once():
    assert due(Recurrence("Day", 1, hours=(2,), minutes=(30,)), "2026-10-24T12:00", 2) == [
        "2026-10-25T02:30",
        "2026-10-26T02:30",
    ]


def test_cron_follows_the_time_zone_and_calls_sunday_0():
    moment = next_by_cron("30 6 * * 0", "America/New_York", at("2026-03-07T12:00", "America/New_York"))
    assert local(moment, "America/New_York") == "2026-03-08T06:30-04:00"


@pytest.mark.parametrize(
    "text", ["", "* * * *", "61 * * * *", "* * * * * *", "a b c d e", "0 0 31 2 *", "\0 * * * *", "*" * 5000]
)
def test_a_broken_cron_expression_is_refused_by_name(text):
    with pytest.raises(ScheduleError) as caught:
        next_by_cron(text, "UTC", 0.0)
    assert caught.value.field == "cron"


@pytest.mark.parametrize(
    ("recurrence", "zone", "field"),
    [
        (Recurrence("Day", 0), BERLIN, "interval"),
        (Recurrence("Day", hours=(24,)), BERLIN, "hours"),
        (Recurrence("Day", minutes=(-1,)), BERLIN, "minutes"),
        (Recurrence("Day", week_days=("Monday",)), BERLIN, "week_days"),
        (Recurrence("Week", week_days=("Mon",)), BERLIN, "week_days"),
        (Recurrence("Minute", hours=(1,)), BERLIN, "hours"),
        (Recurrence("Day", start="tomorrow"), BERLIN, "start"),
        (Recurrence("Day"), "../../etc/passwd", "time_zone"),
        (Recurrence("Day"), "Mars/Olympus", "time_zone"),
    ],
)
def test_a_wrong_recurrence_is_refused_by_name(recurrence, zone, field):
    with pytest.raises(ScheduleError) as caught:
        next_by_recurrence(recurrence, zone, 0.0, 0.0)
    assert caught.value.field == field


@given(
    st.builds(
        Recurrence,
        st.sampled_from(["Day", "Week", "Month"]),
        st.integers(1, 9),
        st.just("2020-02-29T12:34"),
        st.tuples(st.integers(0, 23)),
        st.tuples(st.integers(0, 59)),
    ),
    st.floats(1.5e9, 2.5e9),
)
def test_the_next_time_is_later_and_no_other_lies_between(recurrence, after):
    first = next_by_recurrence(recurrence, BERLIN, 0.0, after)
    assert first > after
    assert next_by_recurrence(recurrence, BERLIN, 0.0, first - 0.5) == first


@given(st.sets(st.sampled_from(WEEK_DAYS), min_size=1))
def test_only_the_named_days_are_due(names):
    recurrence = Recurrence("Week", week_days=tuple(names), hours=(7,))
    found = {datetime.fromisoformat(text).strftime("%A") for text in due(recurrence, "2026-03-02T00:00", 8)}
    assert found == names

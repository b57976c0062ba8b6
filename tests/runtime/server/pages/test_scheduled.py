"""Schedules are told in words; what has none is told as it was written."""

from __future__ import annotations

import pytest
from penstock.runtime.endpoints import ScheduleRecord
from penstock.runtime.server.pages.scheduled import in_words


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"cron": "0 3 * * *"}, "every day at 03:00"),
        ({"cron": "30 6 * * 1-5"}, "Monday to Friday at 06:30"),
        ({"cron": "5 22 * * 0,3"}, "Sunday, Wednesday at 22:05"),
        ({"cron": "*/5 * * * *"}, "cron */5 * * * *"),
        ({"cron": "0 3 1 * *"}, "cron 0 3 1 * *"),
        ({"cron": "0 3 * * MON"}, "cron 0 3 * * MON"),
        ({"cron": "0 3 * * 1-3-5"}, "cron 0 3 * * 1-3-5"),
        ({"cron": "@daily"}, "cron @daily"),
        ({"recurrence": {"frequency": "Minute", "interval": 20}}, "every 20 minutes"),
        ({"recurrence": {"frequency": "Hour", "interval": 1}}, "every hour"),
        (
            {"recurrence": {"frequency": "Week", "week_days": ["Monday"], "hours": [6, 18], "minutes": [30]}},
            "every week on Monday at 06:30, 18:30",
        ),
        (
            {"data": {"datastore": "taxi", "path": "/in/", "parameter": "source", "polling_interval": 5.0}},
            "for each new file in taxi/in, as source; looks every 5 min",
        ),
        ({}, ""),
    ],
)
def test_a_rule_is_told_in_words(rule, told):
    assert in_words(ScheduleRecord("nightly", "fit", rule)) == told

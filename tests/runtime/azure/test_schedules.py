"""Schedules: cron and recurrence, made, changed, switched off and on, listed, deleted."""

import pytest

from penstock.runtime.azure import schedules
from penstock.runtime.azure.errors import NotFoundRemotely, SubmissionRejected
from penstock.runtime.azure.schedules import Cron, Recurrence

ACTION = schedules.endpoint_action("/subscriptions/1/batchEndpoints/e", {"lr": 0.1})
JOB = schedules.job_action({"jobType": "Pipeline", "jobs": {"a": {"type": "command"}}})


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (Cron("15 10 * * 1"), {"triggerType": "Cron", "expression": "15 10 * * 1", "timeZone": "UTC"}),
        (Recurrence("hour", 2), {"triggerType": "Recurrence", "frequency": "Hour", "interval": 2, "timeZone": "UTC"}),
        (Recurrence("week", hours=[6], week_days=["monday"]), {
            "triggerType": "Recurrence", "frequency": "Week", "interval": 1, "timeZone": "UTC",
            "schedule": {"hours": [6], "minutes": [0], "weekDays": ["Monday"]}}),
        (Recurrence("month", month_days=[1, 15]), {
            "triggerType": "Recurrence", "frequency": "Month", "interval": 1, "timeZone": "UTC",
            "schedule": {"hours": [0], "minutes": [0], "monthDays": [1, 15]}}),
    ],
)  # fmt: skip
def test_a_trigger_is_kept_in_the_form_of_the_specification(connection, trigger, expected):
    assert schedules.put_schedule(connection, "nightly", trigger, JOB).trigger == expected


def test_a_schedule_is_changed_in_place(connection):
    schedules.put_schedule(connection, "nightly", Cron("0 1 * * *"), ACTION, tags={"a": "b"})
    changed = schedules.put_schedule(connection, "nightly", Cron("0 2 * * *"), ACTION)
    assert changed.trigger["expression"] == "0 2 * * *"
    assert len(schedules.list_schedules(connection)) == 1


def test_a_disabled_schedule_keeps_all_else_and_is_still_listed(connection):
    made = schedules.put_schedule(connection, "nightly", Cron("0 1 * * *"), ACTION, tags={"a": "b"}, description="why")
    off = schedules.set_enabled(connection, "nightly", enabled=False)
    assert (off.is_enabled, off.trigger, off.action, off.tags, off.description) == (
        False,
        made.trigger,
        made.action,
        {"a": "b"},
        "why",
    )
    assert [one.is_enabled for one in schedules.list_schedules(connection)] == [False]
    assert schedules.set_enabled(connection, "nightly", enabled=True).is_enabled


def test_deleting_may_be_said_again(connection):
    schedules.put_schedule(connection, "nightly", Cron("0 1 * * *"), ACTION)
    for _ in range(2):
        schedules.delete_schedule(connection, "nightly")
    with pytest.raises(NotFoundRemotely, match="find the schedule 'nightly'"):
        schedules.get_schedule(connection, "nightly")


@pytest.mark.parametrize("trigger", [
    Cron(""), Cron("* * *"), Cron("@daily"), Recurrence("year"), Recurrence("day", 0), Recurrence("day", hours=[24]),
    Recurrence("day", minutes=[60]), Recurrence("week", week_days=["Funday"]), Recurrence("month", month_days=[0]),
])  # fmt: skip
def test_what_is_no_time_is_refused(trigger):
    with pytest.raises(SubmissionRejected):
        trigger.body()

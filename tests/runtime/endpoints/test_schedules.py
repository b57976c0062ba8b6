"""Schedules in the database: due, taken by one server, fired once, changed, disabled."""

from __future__ import annotations

import pytest
from penstock.runtime.endpoints import ScheduleRecord
from penstock.runtime.errors import EndpointError, EndpointExists, EndpointNotFound

NIGHTLY = ScheduleRecord("nightly", "train", {"cron": "0 3 * * *"}, due=1100.0, parameters={"lr": 0.1})


@pytest.fixture
def nightly(publish, schedules):
    publish()
    return schedules.create(NIGHTLY)


def test_a_schedule_is_not_taken_before_it_is_due(nightly, schedules, clock):
    assert schedules.take_due("a") is None
    assert schedules.next_due() == 1100.0


def test_a_due_schedule_is_taken_by_one_server(nightly, schedules, clock):
    clock.now = 1100.0
    assert schedules.take_due("a").parameters == {"lr": 0.1}
    assert schedules.take_due("b") is None


def test_a_fired_schedule_is_due_next_when_its_server_says(nightly, schedules, clock):
    clock.now = 1100.0
    taken = schedules.take_due("a")
    assert schedules.fired(taken, 1200.0, "r1", {"seen": 1})
    found = schedules.get("nightly")
    assert (found.due, found.last_due, found.last_run, found.memory, found.owner) == (
        1200.0,
        1100.0,
        "r1",
        {"seen": 1},
        None,
    )


def test_a_schedule_whose_server_died_is_taken_by_another_and_fired_once(nightly, schedules, clock):
    clock.now = 1100.0
    dead = schedules.take_due("a")
    clock.now += 61
    alive = schedules.take_due("b")
    assert schedules.fired(alive, 1200.0, "r2")
    assert not schedules.fired(dead, 1200.0, "r1")
    assert schedules.get("nightly").last_run == "r2"


def test_a_disabled_schedule_never_is(nightly, schedules, clock):
    schedules.update("nightly", enabled=False)
    clock.now = 2000.0
    assert schedules.take_due("a") is None


def test_changes_are_kept(nightly, schedules):
    schedules.update("nightly", rule={"cron": "0 4 * * *"}, parameters={"lr": 0.2}, due=1500.0)
    found = schedules.get("nightly")
    assert (found.rule, found.parameters, found.due) == ({"cron": "0 4 * * *"}, {"lr": 0.2}, 1500.0)


def test_what_is_missed_is_skipped_or_done_once(nightly, schedules):
    with pytest.raises(EndpointError, match="expected 'skip' or 'once'"):
        schedules.update("nightly", missed="always")


def test_there_is_one_schedule_of_a_name(nightly, schedules):
    with pytest.raises(EndpointExists):
        schedules.create(NIGHTLY)


def test_a_schedule_needs_an_endpoint_and_goes_with_it(nightly, schedules, registry):
    registry.delete("train")
    assert schedules.list() == ()
    with pytest.raises(EndpointNotFound):
        schedules.create(NIGHTLY)


def test_a_deleted_schedule_is_gone(nightly, schedules):
    schedules.delete("nightly")
    with pytest.raises(EndpointNotFound):
        schedules.get("nightly")
    with pytest.raises(EndpointNotFound):
        schedules.delete("nightly")

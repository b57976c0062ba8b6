"""Schedules: kept over REST, and fired once by whoever looks first. The clock is the test's."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from penstock.runtime.server import Settings, create_app
from starlette.testclient import TestClient

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC).timestamp()
HOUR = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def services(published, clock):
    """Two servers of one workspace, neither of which looks at the clock by itself."""
    return [create_app(published, settings=Settings(slots=0, clock=clock)).state.service for _ in range(2)]


@pytest.fixture
def rest(published, clock, token):
    settings = Settings(slots=0, clock=clock, session_seconds=1e9)
    client = TestClient(create_app(published, settings=settings), base_url="http://127.0.0.1")
    client.headers["Authorization"] = f"Bearer {token('admin')}"
    return client


def make(rest, rule, **how):
    answer = rest.post("/api/v1/schedules", json={"name": "nightly", "endpoint": "fit", "rule": rule, **how})
    assert answer.status_code == 201, answer.text
    return answer.json()


def shown(rest):
    return rest.get("/api/v1/schedules/nightly").json()


def test_a_schedule_runs_when_it_is_due_with_its_parameters(rest, services, clock):
    made = make(rest, {"cron": "0 6 * * *"}, parameters={"lr": 0.5}, experiment="nights")
    assert made["due"] == "2026-03-02T06:00:00.000Z"
    assert services[0].ticker.tick() == []
    clock.now = START + HOUR
    (run,) = services[0].ticker.tick()
    request = services[0].queue.get(run)
    assert (request.parameters, request.experiment, request.tags) == ({"lr": 0.5}, "nights", {"schedule": "nightly"})
    assert (shown(rest)["last_run"], shown(rest)["due"]) == (run, "2026-03-03T06:00:00.000Z")


def test_many_servers_fire_a_due_time_once(rest, services, clock):
    make(rest, {"recurrence": {"frequency": "Hour", "interval": 1, "start_time": "2026-03-02T05:30"}})
    clock.now = START + HOUR / 2
    fired: list[str] = []
    threads = [threading.Thread(target=lambda one=one: fired.extend(one.ticker.tick())) for one in services * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fired) == 1


def test_a_server_that_dies_while_it_fires_does_not_fire_twice(rest, services, clock):
    make(rest, {"cron": "0 6 * * *"})
    clock.now = START + HOUR
    taken = services[0].schedules.take_due(services[0].dispatcher.owner)
    first = services[0]._fired(taken, {}, f"schedule:nightly:{taken.due}")
    clock.now += 120  # its lease is over; it has started the run, and could not say so
    services[1].schedules.update("nightly", missed="once")
    assert services[1].ticker.tick() == [first]
    assert len(services[1].queue.of_endpoint("fit")) == 1


@pytest.mark.parametrize(("missed", "runs"), [("skip", 0), ("once", 1)])
def test_what_was_missed_is_skipped_or_made_up_for_once(rest, services, clock, missed, runs):
    make(rest, {"cron": "0 * * * *"}, missed=missed)
    clock.now = START + 10.5 * HOUR
    assert len(services[0].ticker.tick()) == runs
    assert shown(rest)["due"] == "2026-03-02T16:00:00.000Z"


def test_a_schedule_that_is_switched_off_does_not_run_and_on_again_it_does(rest, services, clock):
    make(rest, {"cron": "0 6 * * *"})
    rest.patch("/api/v1/schedules/nightly", json={"enabled": False})
    clock.now = START + HOUR
    assert services[0].ticker.tick() == []
    rest.patch("/api/v1/schedules/nightly", json={"enabled": True})
    clock.now = START + 25 * HOUR
    assert len(services[0].ticker.tick()) == 1


def test_data_that_arrives_starts_a_run_with_the_file(rest, services, clock, published):
    folder = published.folder / "data"
    store = published.datastores["workspace"]
    source = published.root / "old.csv"
    source.write_text("1")
    store.upload_files([source], target_path="incoming")
    rule = {"data": {"datastore": "workspace", "path": "incoming", "parameter": "file", "polling_interval": 1}}
    make(rest, rule, endpoint="typed", parameters={"day": "2026-11-22"})
    assert services[0].ticker.tick() == []  # what lies there already has not arrived
    for name, where in (("new.csv", "incoming"), ("deep.csv", "incoming/sub")):
        (published.root / name).write_text("2")
        store.upload_files([published.root / name], target_path=where)
    clock.now += 61
    (run,) = services[1].ticker.tick()
    assert services[0].queue.get(run).parameters["file"] == "datastore://workspace/incoming/new.csv"
    clock.now += 61
    assert services[0].ticker.tick() == []
    assert folder is not None


def test_a_due_time_that_cannot_start_a_run_says_why_and_the_next_one_is_tried(rest, services, clock):
    make(rest, {"cron": "0 * * * *"})
    rest.patch("/api/v1/endpoints/fit", json={"enabled": False})
    clock.now = START + HOUR
    assert services[0].ticker.tick() == []
    assert "disabled" in shown(rest)["problem"]
    rest.patch("/api/v1/endpoints/fit", json={"enabled": True})
    clock.now = START + 2 * HOUR
    assert len(services[0].ticker.tick()) == 1
    assert shown(rest)["problem"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": {}},
        {"rule": {"cron": "0 6 * * *", "recurrence": {"frequency": "Day"}}},
        {"rule": {"cron": "0 6 * *"}},
        {"rule": {"recurrence": {"frequency": "Fortnight"}}},
        {"rule": {"recurrence": {"frequency": "Week", "week_days": ["Mon"]}}},
        {"rule": {"data": {"datastore": "nowhere", "parameter": "lr"}}},
        {"rule": {"data": {"datastore": "workspace", "parameter": "nope"}}},
        {"time_zone": "Mars/Olympus"},
        {"parameters": {"lr": "fast"}},
        {"missed": "twice"},
        {"name": "a b"},
        {"endpoint": "nope"},
        {"version": "9"},
    ],
    ids=str,
)
def test_what_could_only_fail_when_it_is_due_is_refused_at_once(rest, wrong):
    body = {"name": "nightly", "endpoint": "fit", "rule": {"cron": "0 6 * * *"}, **wrong}
    assert rest.post("/api/v1/schedules", json=body).status_code in (404, 422)
    assert rest.get("/api/v1/schedules").json()["schedules"] == []

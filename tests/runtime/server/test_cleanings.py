"""A workspace is cleaned over REST by administrators, and told first what would go."""

from __future__ import annotations

import pytest
from penstock import Local, pipeline, step


@step
def once(number: int) -> int:
    return number


@pipeline
def counted(number: int) -> int:
    return once(number)


@pytest.fixture
def three_runs(workspace):
    runner = Local(workspace=workspace, executor="inline")
    for number in range(3):
        runner.run(counted, number=number)


def asked(client, **body):
    answer = client.post("/api/v1/cleanings", json=body)
    assert answer.status_code == 200
    return answer.json()


def count(client):
    return len(client.get("/api/v1/runs").json()["runs"])


@pytest.mark.usefixtures("three_runs")
def test_what_would_go_is_told_and_stays(client):
    assert len(asked(client, keep_runs=1, dry_run=True)["runs"]) == 2
    assert count(client) == 3


@pytest.mark.usefixtures("three_runs")
def test_older_runs_go(client):
    told = asked(client, keep_runs=1)
    assert (len(told["runs"]), told["folders"], told["problems"]) == (2, 2, [])
    assert count(client) == 1


@pytest.mark.usefixtures("three_runs")
def test_all_runs_stay_where_nothing_is_said(client):
    assert asked(client)["runs"] == []
    assert count(client) == 3


@pytest.mark.parametrize("body", [{"keep_runs": -1}, {"days": -1}, {"keep_runs": "two"}, {"keep": 1}])
def test_a_wrong_wish_is_refused(client, body):
    assert client.post("/api/v1/cleanings", json=body).status_code == 422

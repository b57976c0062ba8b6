"""Two servers on one Postgres: each request is carried out once, by either, and what one does the other tells."""

from __future__ import annotations

import signal
import time

import pytest
from penstock import Workspace


@pytest.fixture
def workspace(tmp_path, postgres_url) -> Workspace:
    root = tmp_path / "project"
    root.mkdir()
    (root / "penstock.toml").write_text(f'history = "{postgres_url}"\n')
    found = Workspace.open(root)
    yield found
    found.history.close()
    found.database.close()


def test_servers_share_the_queue_and_both_tell_what_came_of_it(serve, token, ended, workspace, tmp_path):
    one, other = (serve("--slots", "1").client(token("run")) for _ in range(2))
    markers = [tmp_path / name for name in "ab"]
    runs = [
        one.post("endpoints/signal/runs", json={"parameters": {"marker": str(file)}}).json()["id"] for file in markers
    ]
    while not all(file.exists() for file in markers):  # each server has one slot
        time.sleep(0.02)
    for file in markers:
        file.unlink()
    assert {ended(other, run)["state"] for run in runs} == {"completed"}
    assert len({workspace.history.driver(run).pid for run in runs}) == 2


def test_each_request_is_carried_out_once(serve, token, ended, workspace):
    one, other = (serve("--slots", "1").client(token("run")) for _ in range(2))
    runs = [one.post("endpoints/fit/runs", json={"parameters": {"lr": number}}).json()["id"] for number in range(6)]
    assert {ended(other, run)["state"] for run in runs} == {"completed"}
    assert [workspace.history.steps(run)[0].attempts for run in runs] == [1] * 6


def test_a_run_is_cancelled_through_the_other_server(serve, token, ended, tmp_path):
    one, other = (serve("--slots", "1").client(token("run")) for _ in range(2))
    marker = tmp_path / "marker"
    run = one.post("endpoints/signal/runs", json={"parameters": {"marker": str(marker)}}).json()["id"]
    other.get(f"runs/{run}/logs?follow=false")
    while not marker.exists():
        time.sleep(0.02)
    assert other.post(f"runs/{run}/cancel").status_code == 202
    assert ended(other, run)["state"] == "cancelled"


def test_values_with_characters_that_postgres_does_not_keep_go_through(serve, token, ended, workspace):
    client = serve("--slots", "1").client(token("admin"))
    values = {"day": "2026-11-22", "pair": [1, "a\0b"]}
    answer = client.post("endpoints/typed/runs", json={"parameters": values, "idempotency_key": "é"})
    run = ended(client, answer.json()["id"])
    assert (run["state"], run["parameters"]["pair"]) == ("completed", "(1, 'a\\x00b')")
    for query in ("endpoint=a%00", "experiment=%00", "pipeline=%FF"):
        assert client.get(f"runs?{query}").status_code in (200, 422)
    body = {"name": "n", "endpoint": "typed", "rule": {"cron": "0 6 * * *"}, "parameters": values, "enabled": False}
    assert client.post("schedules", json=body).json()["parameters"] == values
    assert client.patch("endpoints/fit", json={"description": "a\0b"}).status_code == 422
    assert client.post("tokens", json={"name": "a\0b", "scopes": ["run"]}).status_code == 422


def test_what_a_killed_server_had_accepted_the_other_carries_out_once(serve, token, ended, workspace):
    one, other = serve("--slots", "1"), serve("--slots", "1")
    asking, watching = one.client(token("run")), other.client(token("run"))
    bodies = [{"parameters": {"lr": number}} for number in range(6)]
    runs = [asking.post("endpoints/fit/runs", json=body).json()["id"] for body in bodies]
    one.stop(signal.SIGKILL)
    assert {ended(watching, run)["state"] for run in runs} == {"completed"}
    assert [workspace.history.steps(run)[0].attempts for run in runs] == [1] * 6

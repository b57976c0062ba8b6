"""Runs over REST: lists, one run, its metrics, logs and graph, and what happens in it live."""

from __future__ import annotations

import importlib
import json
import threading
import time
from pathlib import Path

import pytest
from penstock import Local


@pytest.fixture
def pipelines(monkeypatch):
    """The module, found by its name, in worker processes too."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return importlib.import_module("served_pipelines")


@pytest.fixture
def local(workspace):
    return Local(workspace=workspace, executor="inline", display="none")


@pytest.fixture
def run(local, pipelines):
    return local.run(pipelines.fit, lr=0.2)


@pytest.fixture
def waiting(pipelines, workspace, tmp_path):
    """A run that goes on until half a second has passed since the history has it."""
    going = Local(workspace=workspace, jobs=1, display="none").submit(pipelines.wait_for, tmp_path / "signal")
    while not workspace.history.runs():
        time.sleep(0.01)
    threading.Timer(0.5, (tmp_path / "signal").write_text, ["go"]).start()
    yield going
    going.wait(20)


def events(text: str) -> list[tuple[str, object, str]]:
    blocks = [
        dict(line.split(": ", 1) for line in block.split("\n"))
        for block in text.strip().split("\n\n")
        if "event" in block
    ]
    return [(block["event"], json.loads(block["data"]), block["id"]) for block in blocks]


def test_a_run_is_listed_and_shown_with_its_steps(reader, run):
    assert [one["id"] for one in reader.get("/api/v1/runs").json()["runs"]] == [run.id]
    shown = reader.get(f"/api/v1/runs/{run.id}").json()
    assert (shown["state"], shown["parameters"]["lr"]) == ("completed", "0.2")
    assert {step["id"]: step["state"] for step in shown["steps"]} == {"train": "completed", "describe": "completed"}


def test_runs_come_page_by_page(reader, local, pipelines):
    ids = [local.run(pipelines.fit, epochs=number).id for number in (1, 2, 3)]
    first = reader.get("/api/v1/runs?limit=2").json()
    rest = reader.get(f"/api/v1/runs?limit=2&before={first['next']}").json()
    assert [one["id"] for one in first["runs"] + rest["runs"]] == ids[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize("query", ["state=running", "experiment=other", "pipeline=none"])
def test_filters_leave_others_out(reader, run, query):
    assert reader.get(f"/api/v1/runs?{query}").json()["runs"] == []


def test_metrics_and_graph_are_given(reader, run):
    metrics = reader.get(f"/api/v1/runs/{run.id}/metrics?step=train").json()["metrics"]
    assert [(one["name"], one["index"]) for one in metrics] == [("loss", 0.0), ("loss", 1.0), ("loss", 2.0)]
    assert [node["id"] for node in reader.get(f"/api/v1/runs/{run.id}/graph").json()["nodes"]] == ["train", "describe"]


def test_logs_come_whole_by_step_and_in_ranges(reader, run):
    assert reader.get(f"/api/v1/runs/{run.id}/logs").text.startswith("==> train <==\nepoch 0\n")
    assert reader.get(f"/api/v1/runs/{run.id}/logs?step=train").text == "epoch 0\nepoch 1\nepoch 2\n"
    part = reader.get(f"/api/v1/runs/{run.id}/logs?step=train", headers={"Range": "bytes=8-"})
    assert (part.status_code, part.text) == (206, "epoch 1\nepoch 2\n")


def test_logs_of_a_running_step_are_followed_to_the_end(reader, waiting):
    text = reader.get(f"/api/v1/runs/{waiting.id}/logs?follow=true").text
    assert text == "wait_for | waiting\nwait_for | seen\n"


@pytest.mark.parametrize("step", ["nope", "../../etc/passwd", "a/b", "%00"])
def test_a_step_that_is_not_there_is_named(reader, run, step):
    answer = reader.get(f"/api/v1/runs/{run.id}/logs", params={"step": step})
    assert (answer.status_code, answer.json()["status"]) == (404, 404)


def test_events_of_an_ended_run_tell_all_of_it_and_end(reader, run):
    found = events(reader.get(f"/api/v1/runs/{run.id}/events").text)
    assert [kind for kind, _, _ in found] == ["run", "steps", "metrics", "end"]
    assert found[0][1]["state"] == "completed"
    assert [step["id"] for step in found[1][1]] == ["train", "describe"]


def test_events_go_on_where_a_connection_broke_off(reader, run):
    text = reader.get(f"/api/v1/runs/{run.id}/events", headers={"Last-Event-ID": "2-0"}).text
    metrics = [data for kind, data, _ in events(text) if kind == "metrics"]
    assert [one["index"] for one in metrics[0]] == [2.0]
    assert reader.get(f"/api/v1/runs/{run.id}/events", headers={"Last-Event-ID": "end"}).status_code == 204


@pytest.mark.parametrize("last", ["", "x", "-1-2", "1-2-3", "9" * 40 + "-0", "²-0"])
def test_a_broken_last_event_id_means_from_the_beginning(reader, run, last):
    answer = reader.get(f"/api/v1/runs/{run.id}/events", headers={"Last-Event-ID": last.encode()})
    assert [kind for kind, _, _ in events(answer.text)] == ["run", "steps", "metrics", "end"]


def test_events_come_while_the_run_goes_on(reader, waiting):
    found = events(reader.get(f"/api/v1/runs/{waiting.id}/events").text)
    states = [step["state"] for kind, data, _ in found if kind == "steps" for step in data]
    assert (states[-1], found[-1][0]) == ("completed", "end")
    assert "running" in states


@pytest.mark.parametrize("path", ["", "/metrics", "/logs", "/events", "/graph"])
@pytest.mark.parametrize("name", ["nope", "..%2f..%2fetc", "%00", "a" * 3000, "%F0%9F%98%80", "'; DROP TABLE runs; --"])
def test_a_run_that_is_not_there_is_said_to_be_missing(reader, run, path, name):
    answer = reader.get(f"/api/v1/runs/{name}{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")


def test_a_run_that_has_just_ended_is_not_told_as_one_that_never_began(client, monkeypatch):
    run = client.post("/api/v1/endpoints/fit/runs", json={}).json()["id"]
    service = client.app.state.service
    service.queue.take(service.dispatcher.owner, computes=("local",))
    service.queue.end(run, service.dispatcher.owner)
    assert service._ended_without_run(run) is not None
    monkeypatch.setattr("penstock.runtime.history.History.run", lambda *_: object())  # it came in between
    assert service._ended_without_run(run) is None

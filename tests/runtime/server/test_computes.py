"""Where runs of a server are carried out: its slots, and Azure, through the emulator and Azurite, also after crashes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import psutil
import pytest
from penstock import AzureML, Workspace
from penstock.runtime.azure.emulator import Emulator
from penstock.runtime.azure.jobs import get_job, list_jobs
from penstock.runtime.endpoints import Queue
from penstock.runtime.server import Settings, create_app
from penstock.runtime.server.errors import ServerError
from penstock.runtime.states import State
from penstock.runtime.stopping import stop
from starlette.testclient import TestClient

SPECIFICATION = Path(__file__).parents[4] / "shared/azure/specs/azureml/2024-04-01/azureml-workspace.oas3-strict.json"
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
TABLE = """
[compute.azure]
kind = "azureml"
config = "config.json"
url = "{url}"
default_compute = "cpu-cluster"
interval = 0.05

[compute.mixed]
kind = "local"
remote = "azure"
"""


@pytest.fixture(scope="module")
def emulator(azurite):
    """A workspace of Azure on this machine, which checks requests against the specification where that is there."""
    with Emulator(storage=azurite, specification=SPECIFICATION if SPECIFICATION.exists() else None) as emulator:
        home = AzureML(**emulator.config, url=emulator.url)
        home.compute.get_or_create("cpu-cluster", vm_size="Standard_DS3_v2")
        yield emulator
        assert emulator.plane.violations == []


@pytest.fixture
def home(emulator):
    """The workspace of Azure."""
    return AzureML(**emulator.config, url=emulator.url)


@pytest.fixture
def workspace(tmp_path, request):
    """A workspace whose settings name where runs may be carried out."""
    root = tmp_path / "project"
    root.mkdir()
    if "emulator" in request.fixturenames or "home" in request.fixturenames:
        emulator = request.getfixturevalue("emulator")
        (root / "config.json").write_text(json.dumps(dict(emulator.config)))
        (root / "penstock.toml").write_text(TABLE.format(url=emulator.url))
    else:
        parts = f"subscription_id = '{SUBSCRIPTION}'\nresource_group = 'g'\nworkspace_name = 'flows'\n"
        (root / "penstock.toml").write_text(f"[compute.azure]\nkind = 'azureml'\n{parts}[compute.ray]\nkind = 'ray'\n")
    return Workspace.open(root)


def start(client, endpoint: str, compute: str | None = "azure", **parameters) -> str:
    answer = client.post(f"endpoints/{endpoint}/runs", json={"parameters": parameters, "compute": compute})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def until(condition, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def hosts_of(server) -> list[psutil.Process]:
    return [
        one
        for one in psutil.Process(server.process.pid).children()
        if one.status() != psutil.STATUS_ZOMBIE and "hosts.away" in " ".join(one.cmdline())
    ]


def jobs_of(home, run: str) -> list:
    return [job for job in list_jobs(home.connection) if run in job.name]


def test_a_run_in_azure_takes_no_slot_and_is_told_like_any_other(serve, token, ended, home):
    with serve("--slots", "0").client(token("run")) as client:
        run = start(client, "fit", lr=2, epochs=2)
        found = ended(client, run, 60)
        assert (found["state"], found["compute"], found["tags"]["compute"]) == ("completed", "azure", "azure")
        assert client.get(f"runs/{run}/outputs").json()["steps"]["describe"]["output"]["value"] == {"score": 4.0}
        assert client.get(f"runs/{run}/logs?step=train").text == "epoch 0\nepoch 1\n"
        assert [one["value"] for one in client.get(f"runs/{run}/metrics").json()["metrics"]] == [1.0, 0.5]
        assert client.get(f"runs/{run}/events").text.rstrip().splitlines()[-2].startswith("event: end")
    assert [job.name for job in jobs_of(home, run)] == [f"penstock-{run}"]


def test_what_a_run_in_azure_returns_is_brought_here(serve, token, ended, home):
    with serve("--slots", "0").client(token("run")) as client:
        run = start(client, "long")
        assert ended(client, run, 60)["state"] == "completed"
        assert client.get(f"runs/{run}/outputs").json()["outputs"]["output"]["value"] == "x" * 100_000


def test_cancelling_a_run_stops_its_job(serve, token, ended, home, tmp_path):
    with serve("--slots", "0").client(token("run")) as client:
        run = start(client, "signal", marker=str(tmp_path / "a"), seconds=60)
        until((tmp_path / "a").exists)
        assert client.post(f"runs/{run}/cancel").status_code == 202
        found = ended(client, run)
        assert (found["state"], found["problem"][:18]) == ("cancelled", "cancelled by token")
    assert get_job(home.connection, f"penstock-{run}").state is State.CANCELLED


def test_penstock_stop_stops_the_job_of_one_run_and_of_no_other(serve, token, ended, home, published, tmp_path):
    with serve("--slots", "0").client(token("run")) as client:
        markers = [tmp_path / name for name in "ab"]
        run, other = [start(client, "signal", marker=str(marker), seconds=60) for marker in markers]
        until(lambda: all(marker.exists() for marker in markers))
        until(lambda: client.get(f"runs/{run}").json()["state"] == "running")
        found = stop(published.history, run, queue=Queue(published.database))
        assert (found.outcome, found.run.state) == ("stopped", State.CANCELLED)
        markers[1].unlink()
        assert ended(client, other, 60)["state"] == "completed"
    assert get_job(home.connection, f"penstock-{run}").state is State.CANCELLED


def test_a_run_that_takes_too_long_is_stopped_there_too(serve, token, ended, home, tmp_path):
    with serve("--slots", "0").client(token("run")) as client:
        body = {"parameters": {"marker": str(tmp_path / "a"), "seconds": 60}, "compute": "azure", "timeout": 1}
        run = client.post("endpoints/signal/runs", json=body).json()["id"]
        assert ended(client, run)["problem"] == "it took longer than its time-out of 1 s"
    until(lambda: get_job(home.connection, f"penstock-{run}").state is State.CANCELLED)


@pytest.mark.parametrize("killed", ["host", "server", "server that is asked to stop"])
def test_after_a_crash_the_same_job_is_followed_to_its_end(serve, token, ended, home, tmp_path, killed):
    server, marker = serve("--slots", "0"), tmp_path / "a"
    run = start(server.client(token("run")), "signal", marker=str(marker), seconds=60)
    until(lambda: marker.exists() and server.client(token("run")).get(f"runs/{run}").json()["state"] == "running")
    if killed == "host":
        (host,) = hosts_of(server)
        os.kill(host.pid, signal.SIGKILL)
    else:
        server.stop(signal.SIGKILL if killed == "server" else signal.SIGTERM)
        assert get_job(home.connection, f"penstock-{run}").state is State.RUNNING
        server = serve("--slots", "0")
    with server.client(token("run")) as client:
        until(lambda: client.get(f"runs/{run}").json()["state"] == "running")
        marker.unlink()
        found = ended(client, run, 60)
        assert (found["state"], sum(found["counts"].values())) == ("completed", 2)
        assert client.get(f"runs/{run}/outputs").json()["outputs"]["output"]["value"] == "over"
    assert len(jobs_of(home, run)) == 1


def test_what_was_cancelled_while_no_server_was_there_is_stopped_by_the_next_one(serve, token, ended, home, tmp_path):
    server = serve("--slots", "0")
    run = start(server.client(token("run")), "signal", marker=str(tmp_path / "a"), seconds=60)
    until((tmp_path / "a").exists)
    server.stop()
    other = serve("--slots", "0", "--remote-runs", "0")
    assert other.client(token("run")).post(f"runs/{run}/cancel").json()["state"] == "pending"
    other.stop()
    with serve("--slots", "0").client(token("run")) as client:
        assert ended(client, run)["state"] == "cancelled"
    assert get_job(home.connection, f"penstock-{run}").state is State.CANCELLED


def test_many_runs_are_followed_by_one_process_and_no_more_than_allowed(serve, token, ended, home, tmp_path):
    server = serve("--slots", "0", "--remote-runs", "2")
    with server.client(token("run")) as client:
        markers = [tmp_path / name for name in "abc"]
        runs = [start(client, "signal", marker=str(marker), seconds=60) for marker in markers]
        until(lambda: all(marker.exists() for marker in markers[:2]))
        assert (len(hosts_of(server)), len(jobs_of(home, runs[2]))) == (1, 0)
        for marker in markers:
            until(marker.exists)
            marker.unlink()
        assert {ended(client, run, 60)["state"] for run in runs} == {"completed"}
        until(lambda: not hosts_of(server))


def test_what_azure_refuses_is_said_of_the_run(serve, token, ended, home, published):
    file = published.root / "penstock.toml"
    file.write_text(file.read_text().replace("cpu-cluster", "no-such-cluster"))
    with serve("--slots", "0").client(token("run")) as client:
        found = ended(client, start(client, "fit"))
    assert found["state"] == "failed"
    assert "no-such-cluster" in found["problem"]


def test_steps_that_name_a_compute_target_run_there_and_the_others_here(serve, token, ended, home):
    with serve("--slots", "1").client(token("run")) as client:
        run = start(client, "there_and_here", "mixed")
        found = ended(client, run, 60)
        assert found["state"] == "completed", found
        assert client.get(f"runs/{run}/outputs").json()["outputs"]["output"]["value"] == {"there": True, "here": False}
        assert len(jobs_of(home, run)) == 1
        assert ended(client, start(client, "there_and_here", "local"))["state"] == "completed"


@pytest.mark.xdist_group("ray")
def test_a_run_on_a_cluster_of_ray_is_told_like_any_other(serve, token, ended, workspace):
    if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") != "1":
        pytest.importorskip("ray", reason="Ray is not installed")
    with serve("--slots", "1").client(token("run")) as client:
        found = ended(client, start(client, "fit", "ray", epochs=1), 120)
    assert (found["state"], found["tags"]["compute"]) == ("completed", "ray"), found


def test_a_schedule_says_where_its_runs_are_carried_out(published, home, token):
    now = [1_000_000.0]
    app = create_app(published, settings=Settings(slots=0, remote_runs=0, clock=lambda: now[0]))
    rule = {"recurrence": {"frequency": "Minute", "interval": 1}}
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.headers["Authorization"] = f"Bearer {token('admin')}"
        asked = {"name": "often", "endpoint": "fit", "rule": rule, "compute": "azure"}
        assert client.post("/api/v1/schedules", json=asked).json()["compute"] == "azure"
        client.patch("/api/v1/schedules/often", json={"compute": "mixed"})
        now[0] += 61
        (run,) = app.state.service.ticker.tick()
        assert client.get(f"/api/v1/runs/{run}").json()["compute"] == "mixed"


def test_computes_are_listed_by_name_and_kind_and_by_nothing_else(client):
    assert client.get("/api/v1/computes").json()["computes"] == [
        {"name": "local", "kind": "local", "default": True},
        {"name": "azure", "kind": "azureml", "default": False},
        {"name": "ray", "kind": "ray", "default": False},
    ]


@pytest.mark.parametrize(("method", "path", "body"), [
    ("POST", "endpoints/fit/runs", {}),
    ("PATCH", "endpoints/fit", {}),
    ("POST", "schedules", {"name": "n", "endpoint": "fit", "rule": {"cron": "0 3 * * *"}}),
])  # fmt: skip
def test_an_unknown_compute_is_refused_and_those_that_exist_are_named(client, method, path, body):
    answer = client.request(method, f"/api/v1/{path}", json={**body, "compute": "moon"})
    assert answer.status_code == 422
    told = "there is no 'moon' here; there are: local, azure, ray"
    assert answer.json()["errors"] == [{"field": "compute", "problem": told}]


def test_an_endpoint_says_where_it_runs_where_a_call_does_not(client):
    assert client.patch("/api/v1/endpoints/fit", json={"compute": "ray"}).json()["compute"] == "ray"
    runs = [client.post("/api/v1/endpoints/fit/runs", json=how).json()["id"] for how in ({}, {"compute": "local"})]
    assert [client.get(f"/api/v1/runs/{run}").json()["compute"] for run in runs] == ["ray", "local"]
    assert client.patch("/api/v1/endpoints/fit", json={"compute": None}).json()["compute"] is None


def test_the_documents_say_what_there_is_to_choose_from(client):
    for document in ("openapi.json", "endpoints/fit/openapi.json"):
        schemas = client.get(f"/api/v1/{document}").json()["components"]["schemas"]
        assert schemas["Run_fit"]["properties"]["compute"]["enum"] == ["local", "azure", "ray", None]


@pytest.mark.parametrize(("table", "problem"), [
    ("[compute.a]\nnodes = 4", r"\[compute.a\] cannot be understood"),
    ("[compute.a]\nkind = 'moon'", "Expected kind = 'azureml', 'ray' or 'local'"),
    ("[compute.a]\nkind = 'ray'\nurl = 'x'", "unknown field `url`"),
    ("[compute.a]\nkind = 'azureml'", "workspace_name not known"),
    ("[compute.a]\nkind = 'azureml'\nsecret = 'x'", "unknown field `secret`"),
    ("[compute.a]\nkind = 'local'\nremote = 'b'", "no compute of kind azureml of that name"),
    ("[compute.local]\nkind = 'ray'", "the server's own slots, so its kind is 'local', not 'ray'"),
    ("[compute.'a b']\nkind = 'ray'", "a name is a letter"),
])  # fmt: skip
def test_wrong_settings_are_told_when_the_server_starts(tmp_path, table, problem, monkeypatch):
    for name in ("AZURE_SUBSCRIPTION_ID", "AZURE_RESOURCE_GROUP", "AZUREML_WORKSPACE_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "penstock.toml").write_text(table)
    with pytest.raises(ServerError, match=problem):
        create_app(Workspace.open(tmp_path), settings=Settings())
    create_app(Workspace.open(tmp_path), settings=Settings(read_only=True))

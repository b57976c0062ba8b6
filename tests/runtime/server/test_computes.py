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
from penstock.runtime.server import Settings, create_app
from penstock.runtime.states import State
from starlette.testclient import TestClient

SPECIFICATION = Path(__file__).parents[4] / "shared/azure/specs/azureml/2024-04-01/azureml-workspace.oas3-strict.json"
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
        parts = "subscription_id = 's'\nresource_group = 'g'\nworkspace_name = 'w'\n"
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
    return [one for one in psutil.Process(server.process.pid).children() if "hosts.away" in " ".join(one.cmdline())]


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

"""What the server reads of others is only looked at: nothing that a graph names is imported by the process that shows it."""

from __future__ import annotations

import importlib
import os
import re
import sys

import pytest
from penstock import Local
from penstock.runtime.bundles import pack
from penstock.runtime.endpoints import Registry
from penstock.runtime.bundles import identified

MARKING = """
import os
from enum import Enum

with open(os.environ["MARKS"], "a") as file:
    print(os.getpid(), file=file)


class Choice(Enum):
    GOOD = 1
    BAD = 2
"""
FLOW = """
from typing import Any

from penstock import pipeline, step

from marking import Choice


@step
def chosen(first: Choice, second: Choice, kept: list[Choice], lr: float) -> dict[str, str]:
    return {"first": first.name, "second": second.name, "lr": str(lr)}


@pipeline
def choosing(choice: Choice = Choice.GOOD, lr: float = 0.1) -> dict[str, Any]:
    return {"made": chosen(choice, Choice.BAD, [Choice.BAD], lr), "always": Choice.BAD}
"""


@pytest.fixture
def project(published, monkeypatch):
    """Where a server's working folder is, with a module that leaves a mark wherever it is imported."""
    monkeypatch.setenv("MARKS", str(published.root / "marks"))
    (published.root / "marking.py").write_text(MARKING)
    (published.root / "choosing_flow.py").write_text(FLOW)
    yield published.root
    forget()


def forget() -> None:
    sys.modules.pop("marking", None)
    sys.modules.pop("choosing_flow", None)


@pytest.fixture
def runs(project, published, monkeypatch) -> tuple[str, str]:
    """Two runs of a published pipeline with other values, whose modules are loaded no more."""
    monkeypatch.syspath_prepend(str(project))
    choosing = importlib.import_module("choosing_flow").choosing
    bundle = pack(identified(choosing))
    Registry(published.database).publish("choosing", bundle.data, bundle.digest, bundle.content)
    local = Local(workspace=published, executor="inline", display="none")
    found = local.run(choosing).id, local.run(choosing, lr=0.2).id
    forget()
    return found


@pytest.fixture(params=["installed", "absent"])
def views(request, runs, client, project) -> dict[str, str]:
    """All that is shown of the runs and of the endpoint, where their modules could be imported and where they could not."""
    if request.param == "absent":
        (project / "marking.py").unlink()
        importlib.invalidate_caches()
    return shown(client, *runs)


def shown(client, before: str, after: str) -> dict[str, str]:
    made = client.get(f"/api/v1/runs/{after}/outputs").json()["steps"]["chosen"]["output"]["digest"]
    run, step = f"/runs/{after}", f"/runs/{after}/steps/chosen"
    pages = [run, f"{run}?view=metrics", f"{run}?view=details", step, f"{step}?view=code", f"{step}?view=details"]
    rest = [f"/api/v1{run}/outputs", f"/api/v1{run}/graph", f"/api/v1{run}", "/api/v1/openapi.json"]
    named = ["/endpoints/choosing", "/api/v1/endpoints/choosing", "/api/v1/endpoints/choosing/openapi.json"]
    others = [f"/artifacts/{made}", f"/compare?before={before}&after={after}", *named]
    answers = {address: client.get(address) for address in (*pages, *rest, *others)}
    assert {address: one.status_code for address, one in answers.items() if one.status_code != 200} == {}
    return {re.sub(f"{after}|{made}", "ID", address): one.text for address, one in answers.items()}


def test_no_view_imports_what_a_graph_names(views):
    assert views
    assert "marking" not in sys.modules
    assert "choosing_flow" not in sys.modules


def test_the_graph_and_the_inputs_of_a_step_are_shown_with_members_by_their_names(views):
    assert "<svg" in views["/runs/ID"]
    assert "Choice.BAD" in views["/runs/ID/steps/chosen"]
    assert "input lr changed" in views["/runs/ID/steps/chosen"]


def test_outputs_tell_members_by_the_names_that_callers_send(views):
    assert '"always":{"value":"BAD"}' in views["/api/v1/runs/ID/outputs"]


def test_the_page_of_an_artifact_says_what_made_it_and_that_of_an_endpoint_what_it_takes(views):
    assert "chosen" in views["/artifacts/ID"]
    assert "GOOD" in views["/endpoints/choosing"]
    assert "GOOD" in views["/api/v1/endpoints/choosing/openapi.json"]


def test_a_listening_server_leaves_the_import_to_its_hosts(project, runs, serve, token, ended):
    (project / "marks").unlink()
    server = serve("--slots", "1")
    with server.client(token("admin")) as client:
        run = client.post("endpoints/choosing/runs", json={"parameters": {"choice": "BAD"}}).json()["id"]
        assert ended(client, run)["state"] == "completed"
        client.base_url = server.url
        shown(client, runs[0], run)
    marks = (project / "marks").read_text().split()
    assert marks
    assert str(server.process.pid) not in marks
    assert str(os.getpid()) not in marks

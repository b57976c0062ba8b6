"""Publishing: without running, versions by content, calls that run the published code whatever became of the project."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest
from penstock import Endpoint, EndpointError, MissingInput, RunFailed, Workspace, publish
from penstock.runtime.errors import EndpointDisabled, EndpointNotFound

FLOW = """
from pathlib import Path
from penstock import pipeline, step

@step
def scale(x: float, lr: float) -> float:
    if x < 0:
        raise ValueError("negative")
    return x * lr

@pipeline
def published(x: float, lr: float = 2.0, source: Path | None = None) -> float:
    "Scale a number."
    return scale(x, lr)
"""
QUIET = {"display": "none"}


@pytest.fixture
def flow(tmp_path, monkeypatch):
    """A pipeline in a module of a project, which is the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "published_flow.py").write_text(FLOW)
    yield lambda: importlib.import_module("published_flow").published
    sys.modules.pop("published_flow", None)


def edit(tmp_path: Path, old: str, new: str) -> None:
    file = tmp_path / "published_flow.py"
    file.write_text(file.read_text().replace(old, new))
    sys.modules.pop("published_flow", None)


def test_publishing_runs_nothing(flow):
    endpoint = publish(flow())
    assert (endpoint.name, endpoint.default.version, endpoint.record.description) == (
        "published",
        "1",
        "Scale a number.",
    )
    assert Workspace.open().history.runs() == ()


def test_an_endpoint_is_called_with_parameters(flow):
    run = publish(flow()).run(x=3.0, lr=0.5, _how=QUIET)
    assert (run.result(), run.record.tags) == (1.5, {"endpoint": "published", "version": "1"})


def test_what_was_published_runs_whatever_became_of_the_project(flow, tmp_path):
    endpoint = publish(flow())
    edit(tmp_path, "x * lr", "x + lr")
    assert endpoint.run(x=3.0, _how=QUIET).result() == 6.0


def test_a_comment_makes_no_new_version_and_other_code_does(flow, tmp_path):
    publish(flow())
    edit(tmp_path, "return x * lr", "return x * lr  # scaled")
    assert publish(flow()).default.version == "1"
    edit(tmp_path, "return x * lr", "return x + lr")
    assert publish(flow()).default.version == "2"
    assert Endpoint.get("published").run(x=3.0, _version="1", _how=QUIET).result() == 6.0


def test_parameters_that_do_not_fit_are_named(flow):
    with pytest.raises(
        MissingInput, match='x expected a number, got "three"; z there is no such parameter; there are: x, lr, source'
    ):
        publish(flow()).run(x="three", z=1)
    with pytest.raises(MissingInput, match="x is missing; expected float"):
        publish(flow()).run()


def test_a_failed_call_raises_as_a_run_does(flow):
    with pytest.raises(RunFailed, match="negative"):
        publish(flow()).run(x=-1.0, _how=QUIET)


def test_a_disabled_endpoint_is_not_listed_and_refuses(flow):
    endpoint = publish(flow())
    endpoint.disable()
    assert Endpoint.list() == ()
    with pytest.raises(EndpointDisabled):
        endpoint.run(x=1.0)
    endpoint.enable()
    assert Endpoint.list() == (endpoint,)


def test_an_endpoint_is_renamed_and_deleted(flow):
    endpoint = publish(flow(), name="old").rename("new")
    endpoint.delete()
    with pytest.raises(EndpointNotFound):
        Endpoint.get("new")


def test_a_place_that_publishes_by_itself_is_asked(flow):
    class Cloud:
        def publish_pipeline(self, compiled, *, name, version, description):
            return compiled.graph.name, name, version

    assert publish(flow(), name="n", version="v", to=Cloud()) == ("published", "n", "v")


@pytest.mark.parametrize("to", ["ftp://host", "localhost:8075", "somewhere"])
def test_what_is_no_server_is_refused(flow, to):
    with pytest.raises(EndpointError, match="is no server"):
        publish(flow(), to=to)


def test_a_server_that_is_not_there_is_told(flow):
    with pytest.raises(EndpointError, match="the server http://127.0.0.1:9 cannot be reached"):
        publish(flow(), to="http://127.0.0.1:9")

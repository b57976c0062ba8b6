"""Publishing: without running, versions by content, calls that run the published code whatever became of the project."""

from __future__ import annotations

import importlib
import subprocess
import sys
from datetime import date
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


TYPED = """
from datetime import date
from enum import Enum
from pathlib import Path
from penstock import pipeline, step

class Colour(Enum):
    RED = 1
    BLUE = 2

@step
def told(colour: Colour, day: date, names: set[str], pair: tuple[int, Path]) -> str:
    return f"{colour} {day.year} {sorted(names)} {pair[1].name}"

@pipeline
def typed(day: date, pair: tuple[int, Path], colour: Colour = Colour.RED, names: set[str] = set()) -> str:
    return told(colour, day, names, pair)
"""


@pytest.fixture
def typed(flow, tmp_path):
    (tmp_path / "published_flow.py").write_text(TYPED)
    return publish(importlib.import_module("published_flow").typed)


def test_values_are_given_as_a_request_gives_them(typed):
    run = typed.run(day="2026-11-22", pair=[1, "a/b.csv"], colour="BLUE", names=["y", "x"], _how=QUIET)
    assert run.result() == "Colour.BLUE 2026 ['x', 'y'] b.csv"


def test_values_are_given_as_python_has_them(typed):
    colour = sys.modules["published_flow"].Colour.BLUE
    run = typed.run(day=date(2026, 11, 22), pair=(1, Path("b.csv")), colour=colour, _how=QUIET)
    assert run.result() == "Colour.BLUE 2026 [] b.csv"


def test_what_no_request_can_carry_is_told(typed):
    with pytest.raises(MissingInput, match="day expected text"):
        typed.run(day=object(), pair=[1, "a"])


def test_publishing_needs_no_web_framework(tmp_path):
    code = "import sys, penstock; penstock.publish; sys.exit('starlette' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path).returncode == 0


def test_a_workspace_names_what_is_published(flow):
    publish(flow())
    assert [record.name for record in Workspace.open().endpoints.endpoints()] == ["published"]

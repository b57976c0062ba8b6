"""Following a job: what is told, and what happens when storage is behind or stays empty."""

from __future__ import annotations

import pytest

from penstock.compilers.graph import FunctionRef, Graph, Node
from penstock.runtime.artifacts import Artifact
from penstock.runtime.azure.errors import RemoteUnavailable
from penstock.runtime.azure.history import Details, StepRecord
from penstock.runtime.azure.jobs import Job
from penstock.runtime.errors import StoreError
from penstock.runtime.events import StepCompleted, StepSkipped, StepStarted
from penstock.runtime.runners import azure_following
from penstock.runtime.runners.azure_following import Following
from penstock.runtime.runners.azure_records import Submitted
from penstock.runtime.states import State

NODES = tuple(
    Node(name, name, FunctionRef("m", name), {}, after=after) for name, after in (("load", ()), ("fit", ("load",)))
)
SUBMITTED = Submitted(
    "job", "ws", "", {"load": "load", "fit": "fit"}, {name: {"output": "output"} for name in ("load", "fit")}
)


@pytest.fixture
def azure(monkeypatch):
    """What Azure says: the job's word, the steps' words, and how often an output is not there yet."""
    said = {"job": "Completed", "steps": {"load": "Completed", "fit": "Completed"}, "missing": 0, "silent": 0}

    def get_job(_connection, name):
        if said["silent"]:
            said["silent"] -= 1
            raise RemoteUnavailable("look", "no answer")
        return Job(name, said["job"])

    def describe(_store, _path):
        if said["missing"]:
            said["missing"] -= 1
            raise StoreError("there is no artifact.json")
        return Artifact("d", "json", 1, inline=b"1")

    found = {
        "get_job": get_job,
        "read_steps": lambda *_: tuple(StepRecord(f"run-{name}", name, word) for name, word in said["steps"].items()),
        "read_details": lambda *_: Details({}, "it is broken"),
        "read_outputs": lambda *_: {"output": "azureml://datastores/d/paths/a"},
        "describe_output": describe,
        "read_text": lambda *_: None,
    }
    for name, function in found.items():
        monkeypatch.setattr(azure_following, name, function)
    return said


@pytest.fixture
def follow(tmp_path):
    """Follow the job to its end: how it ended, and the events."""

    def follow():
        events = []
        following = Following(None, lambda _name: None, SUBMITTED, Graph("p", NODES), tmp_path, events.append, 0.001)
        return following.run(), events

    return follow


def test_each_step_is_told_once(azure, follow):
    (state, problem), events = follow()
    assert (state, problem) == (State.COMPLETED, "")
    assert [(type(event), event.step) for event in events] == [
        (StepStarted, "load"), (StepCompleted, "load"), (StepStarted, "fit"), (StepCompleted, "fit")
    ]  # fmt: skip


def test_storage_may_be_a_little_behind(azure, follow):
    azure["missing"] = 3
    (state, _), events = follow()
    assert state is State.COMPLETED
    assert [event.step for event in events if isinstance(event, StepCompleted)].count("load") == 1


def test_storage_that_stays_empty_is_told(azure, follow):
    azure["missing"] = 1000
    with pytest.raises(StoreError, match=r"there is no artifact\.json"):
        follow()


def test_a_service_that_is_away_for_a_while_is_waited_for(azure, follow):
    azure["silent"] = 3
    assert follow()[0] == (State.COMPLETED, "")


def test_what_never_began_is_skipped_and_says_why(azure, follow):
    azure["job"], azure["steps"] = "Failed", {"load": "Failed"}
    (state, problem), events = follow()
    assert (state, problem) == (State.FAILED, "")
    assert [(event.step, event.reason) for event in events if isinstance(event, StepSkipped)] == [("fit", "load")]


def test_a_job_that_fails_as_a_whole_says_why(azure, follow):
    azure["job"], azure["steps"] = "Failed", {}
    assert follow()[0] == (State.FAILED, "it is broken")


def test_a_step_of_a_stranger_is_passed_over(azure, follow):
    azure["steps"] = {"something": "Completed", **azure["steps"]}
    assert follow()[0] == (State.COMPLETED, "")

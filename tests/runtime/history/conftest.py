"""Give the tests of the history real databases, and runs to put into them."""

from __future__ import annotations

import itertools
import pickle
from functools import partial

import pytest

from penstock.compilers.graph import FunctionRef, Graph, Node, OutputRef
from penstock.runtime.artifacts import Artifact
from penstock.runtime.events import RunEnded, RunStarted, StepCompleted, StepStarted
from penstock.runtime.failures import Failure
from penstock.runtime.history import History, Recorder, connect
from penstock.runtime.states import State


def make_graph(*names, name="train"):
    """A chain of steps: each takes what the one before gave."""
    steps = names or ("load", "fit")
    sources = [{}, *({"data": OutputRef(before)} for before in steps[:-1])]
    return Graph(name, tuple(Node(step, step, FunctionRef("m", step), inputs) for step, inputs in zip(steps, sources)))


def make_artifact(text="x"):
    return Artifact(text * 64, "json", 3, "int", f"the number {text}", text.encode())


def make_failure(step="fit", message="no"):
    return Failure(
        step,
        "ValueError",
        message,
        "line 1\nline 2",
        (("data", "DataFrame 2 x 3"),),
        "penstock replay",
        2,
        pickle.dumps(ValueError()),
    )


def make_run(run="r-1", *, graph=None, state=State.COMPLETED, started=1000.0, middle=(), experiment="taxi", **begin):
    """The events of a whole run; ``middle`` replaces those of the steps, and no state leaves the end out."""
    graph = graph or make_graph()
    steps = [
        event
        for node in graph
        for event in (StepStarted(node.id, started + 1), StepCompleted(node.id, started + 2, {}, 1.0))
    ]
    end = [RunEnded(run, started + 3, state)] if state else []
    return [RunStarted(run, graph, experiment, started, **begin), *(middle or steps), *end]


@pytest.fixture
def sqlite_path(tmp_path):
    return tmp_path / "history.db"


@pytest.fixture
def opened(location):
    connection = connect(location)
    yield connection
    connection.close()


@pytest.fixture
def record(location):
    """Write events into the history."""

    def write(*runs):
        recorder = Recorder(partial(connect, location))
        for event in itertools.chain(*runs):
            recorder(event)
        recorder.close()

    return write


@pytest.fixture
def history(location):
    found = History(partial(connect, location))
    yield found
    found.close()


@pytest.fixture
def a_run():
    return make_run


@pytest.fixture
def a_graph():
    return make_graph


@pytest.fixture
def an_artifact():
    return make_artifact


@pytest.fixture
def a_failure():
    return make_failure

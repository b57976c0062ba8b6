"""Runs that happened only as events: quick, and the same each time."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest

from penstock.compilers.graph import (
    Collection,
    FunctionRef,
    Graph,
    Group,
    Literal,
    Node,
    OutputRef,
    Parameter,
    ParameterRef,
)
from penstock.runtime.events import (
    Event,
    MetricLogged,
    Progressed,
    RunEnded,
    RunStarted,
    StepCompleted,
    StepFailed,
    StepRetried,
    StepReused,
    StepSkipped,
    StepStarted,
)
from penstock.runtime.failures import Failure
from penstock.runtime.states import State

RUN = "20261122-204338-x7qd"
FUNCTION = FunctionRef("taxi", "f")


def make_graph(trains: int = 3) -> Graph:
    """load -> prepare/(clean -> scale) -> train... -> report"""
    nodes = [
        Node("load", "load", FUNCTION, {"source": ParameterRef("source")}, label="load"),
        Node("prepare/clean", "clean", FUNCTION, {"table": OutputRef("load")}, label="clean", group="prepare"),
        Node("prepare/scale", "scale", FUNCTION, {"table": OutputRef("prepare/clean")}, label="scale", group="prepare"),
    ]
    ids = ["train", *(f"train-{number}" for number in range(2, trains + 1))]
    for number, node in enumerate(ids):
        inputs = {"table": OutputRef("prepare/scale"), "kind": Literal(f"k{number}")}
        nodes.append(Node(node, "train", FUNCTION, inputs, label=f"{node} (kind='k{number}')"))
    models = Collection("list", tuple(map(OutputRef, ids)))
    nodes.append(Node("report", "report", FUNCTION, {"models": models}, label="report"))
    parameters = (Parameter("source", "Path"), Parameter("lr", "float", default=Literal(0.1)))
    return Graph(
        "compare", tuple(nodes), parameters, OutputRef("report"), (Group("prepare", "prepare"),), doc="Compare models."
    )


def make_failure(step: str = "train-2") -> Failure:
    frames = 'Traceback (most recent call last):\n  File "taxi.py", line 12, in train\n    raise ValueError\nValueError: too fast\n'
    return Failure(step, "ValueError", "too fast\nand more", frames, (("lr", "0.1"),), f"penstock replay {RUN} {step}")


def make_events(trains: int = 3) -> list[Event]:
    """A run in which one step was reused, one was tried twice, one failed and one was skipped."""
    graph = make_graph(trains)
    events: list[Event] = [RunStarted(RUN, graph, "nightly", 100.0)]
    events.append(StepReused("load", 100.0, {}, "20261121-101010-ab2d", 12.0))
    for step in ("prepare/clean", "prepare/scale"):
        events += [StepStarted(step, 100.0), StepCompleted(step, 101.0, {}, 1.0)]
    events += [
        StepStarted("train", 101.0),
        MetricLogged("train", 101.5, "loss", 0.5),
        MetricLogged("train", 101.6, "loss", 0.25),
    ]
    events += [StepRetried("train", 102.0, 1, make_failure("train"), 0.5), StepStarted("train", 102.5, 2)]
    events += [Progressed("train", 103.0, 30, 100, "epochs"), StepStarted("train-2", 101.0)]
    events += [StepFailed("train-2", 103.0, make_failure(), 2.0), StepCompleted("train", 104.0, {}, 1.5)]
    for node in graph.nodes[5:-1]:
        events += [StepStarted(node.id, 103.0), StepCompleted(node.id, 104.0, {}, 1.0)]
    events += [StepSkipped("report", 104.0, "train-2 failed"), RunEnded(RUN, 110.0, State.FAILED)]
    return events


@pytest.fixture
def graph() -> Callable[[int], Graph]:
    return make_graph


@pytest.fixture
def failure() -> Callable[[str], Failure]:
    return make_failure


@pytest.fixture
def events() -> Sequence[Event]:
    return make_events()


@pytest.fixture
def many_events() -> Callable[[int], Sequence[Event]]:
    return make_events


@pytest.fixture
def ascii_stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii", write_through=True)

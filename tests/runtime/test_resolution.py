"""What stands behind the inputs of a step."""

from __future__ import annotations

import pytest
from penstock.compilers.graph import (
    Attached,
    Collection,
    FunctionRef,
    Graph,
    Literal,
    Node,
    OutputRef,
    Parameter,
    ParameterRef,
)
from penstock.runtime.artifacts import Artifact
from penstock.runtime.errors import MissingInput
from penstock.runtime.resolution import Values, check_inputs
from penstock.runtime.resolved import Gathered, Stored

TABLE = Artifact("0" * 64, "parquet", 10, "DataFrame", "a table")


@pytest.fixture
def values() -> Values:
    parameters = {"lr": Literal(0.1), "grid": Literal({"a": [1, 2]}), "table": Stored(TABLE)}
    return Values(parameters, {"fit.model": Stored(TABLE)}, {"load": {"output": TABLE}})


@pytest.mark.parametrize(
    ("binding", "resolved"),
    [
        (Literal(3), Literal(3)),
        (Attached("fit.model"), Stored(TABLE)),
        (ParameterRef("lr"), Literal(0.1)),
        (ParameterRef("grid", ("a", 1)), Literal(2)),
        (ParameterRef("table", ("x",)), Stored(TABLE, ("x",))),
    ],
)
def test_a_binding_is_resolved(values, binding, resolved):
    assert values.resolve(binding) == resolved


def test_an_output_is_resolved_to_its_artifact(values):
    found = values.resolve(OutputRef("load", "output", ("rmse",)))
    assert (found.artifact, found.path) == (TABLE, ("rmse",))


def test_a_collection_is_resolved_item_by_item(values):
    shape = Collection("list", (Literal(1), ParameterRef("lr")))
    assert values.resolve(shape) == Gathered(shape, (Literal(1), Literal(0.1)))


def test_an_output_that_is_not_there_yet_is_a_key_error(values):
    with pytest.raises(KeyError):
        values.resolve(OutputRef("fit"))


FUNCTION = FunctionRef("m", "f")
GRAPH = Graph(
    "train",
    (Node("fit", "fit", FUNCTION, {"x": ParameterRef("n")}),),
    (
        Parameter("n", "int"),
        Parameter("lr", "float", default=Literal(0.1)),
        Parameter("k", default=Literal(1), static=True),
    ),
)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "without a value for 'n' .int., which has no default"),
        ({"n": 1, "learning_rate": 2}, "has no parameter 'learning_rate'; it has: n, lr, k"),
        ({"n": 1, "k": 2}, "'k' of pipeline 'train' is Static"),
    ],
)
def test_inputs_that_do_not_fit_the_graph_are_told(given, told):
    with pytest.raises(MissingInput, match=told):
        check_inputs(GRAPH, given)


def test_inputs_that_fit_are_accepted():
    check_inputs(GRAPH, {"n": 1, "lr": 0.5})


def test_a_value_that_should_travel_beside_the_graph_is_missed_by_name():
    graph = Graph("train", (Node("fit", "fit", FUNCTION, {"x": Attached("fit.x")}),))
    with pytest.raises(MissingInput, match="needs the value 'fit.x'"):
        check_inputs(graph, {})

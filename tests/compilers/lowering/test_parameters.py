from __future__ import annotations

from typing import Any

import pytest

from penstock import DefinitionError, Static, pipeline, step
from penstock.compilers.graph import Attached, Literal, Parameter
from penstock.compilers.lowering.parameters import kind_of, parameters_of, types_of


@step
def fit(table: list[float], lr: float = 1) -> float:
    return sum(table) * lr


@pipeline
def train(table: list[float], rounds: Static[int] = 3, seen: object = print) -> float:
    raise AssertionError("its parameters are read without calling it")


def test_parameters_are_read_without_calling_the_pipeline() -> None:
    table, rounds, seen = parameters_of(train)
    assert table == Parameter("table", "list[float]", {"type": "array", "items": {"type": "number"}})
    assert rounds == Parameter("rounds", "int", {"type": "integer"}, Literal(3), static=True)
    assert seen.default == Attached("parameter:seen")


def test_a_step_and_a_plain_function_have_parameters_too() -> None:
    assert [parameter.name for parameter in parameters_of(fit)] == ["table", "lr"]
    assert types_of(lambda x, y=2: fit(x, y)) == {"x": Any, "y": int}


def test_a_default_has_the_type_of_its_parameter() -> None:
    (default,) = [parameter.default for parameter in parameters_of(fit) if parameter.name == "lr"]
    assert isinstance(default, Literal) and type(default.value) is float


def test_kinds_tell_pipelines_and_steps_from_all_else() -> None:
    assert [kind_of(value) for value in (train, fit, print, None)] == ["pipeline", "step", None, None]


def test_what_cannot_be_a_pipeline_is_refused() -> None:
    with pytest.raises(DefinitionError, match="a pipeline is a function that calls steps"):
        parameters_of(3)  # type: ignore[arg-type]

"""Pipelines: plain functions outside a recording, inlined inside another."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from penstock import DefinitionError, Pipeline, Static, pipeline, step
from penstock.dsl import as_pipeline, record


@step
def add(x: int, y: int = 1) -> int:
    return x + y


@pipeline
def twice(x: int) -> int:
    """Add one, twice."""
    return add(add(x))


@pipeline
def nested(x: int, rounds: Static[int] = 2) -> int:
    for _ in range(rounds):
        x = twice(x)
    return x


class Trainer:
    def __init__(self, by: int) -> None:
        self.by = by

    @pipeline
    def train(self, x: int) -> int:
        return add(x, self.by)


def recorded(body: Any, **static: object) -> Any:
    return record(as_pipeline(body), static)


def test_a_pipeline_outside_a_recording_runs_its_steps():
    assert twice(1) == 3
    assert nested(1, rounds=3) == 7


def test_a_pipeline_keeps_name_docstring_and_signature():
    assert (twice.name, twice.__doc__) == ("twice", "Add one, twice.")
    assert str(inspect.signature(twice)) == "(x: 'int') -> 'int'"
    assert repr(twice) == f"<pipeline {__name__}.twice>"


def test_a_recording_lists_the_calls_in_order():
    recording = recorded(twice)
    assert [call.step for call in recording.calls] == [add, add]
    assert recording.calls[1].arguments["x"]._origin.call is recording.calls[0]


def test_parameters_are_promises_and_static_ones_are_values():
    recording = recorded(nested, rounds=1)
    assert recording.calls[0].arguments["x"]._origin.call is None
    assert len(recording.calls) == 2


def test_a_nested_pipeline_is_inlined_as_a_group():
    recording = recorded(nested, rounds=2)
    assert [group.id for group in recording.groups] == ["twice", "twice-2"]
    assert [call.group.id for call in recording.calls] == ["twice", "twice", "twice-2", "twice-2"]


def test_groups_nest():
    outer = pipeline(lambda x: nested(x, rounds=1))
    recording = recorded(outer)
    assert [(group.id, group.parent and group.parent.id) for group in recording.groups] == [
        ("nested", None), ("nested/twice", "nested"),
    ]  # fmt: skip


def test_a_pipeline_that_is_a_method_is_bound():
    assert Trainer(5).train(1) == 6
    recording = recorded(Trainer(5).train)
    assert list(recording.parameters) == ["x"]
    assert recording.calls[0].arguments["y"] == 5


def test_a_pipeline_method_can_be_called_in_another_pipeline():
    recording = recorded(lambda x: Trainer(2).train(x))
    assert recording.calls[0].group.id == "train"


def test_after_of_a_nested_pipeline_holds_for_its_group():
    def body(x: int) -> object:
        first = add(x)
        return twice.after(first)(x)

    recording = recorded(body)
    assert recording.groups[0].after[0]._origin.call is recording.calls[0]


def test_after_outside_a_recording_calls_through():
    assert twice.after(3)(1) == 3


def test_an_undecorated_function_is_a_pipeline():
    def compose(x: int) -> int:
        return add(x)

    assert recorded(compose).name == "compose"


def test_a_lambda_is_called_pipeline():
    assert recorded(lambda: add(1)).name == "pipeline"


def test_a_step_is_a_pipeline_of_itself():
    single = as_pipeline(add)
    assert isinstance(single, Pipeline)
    recording = recorded(add)
    assert (recording.name, list(recording.parameters), len(recording.calls)) == ("add", ["x", "y"], 1)


def test_a_pipeline_stays_the_same_pipeline():
    assert as_pipeline(twice) is twice


@pytest.mark.parametrize("decorator", [staticmethod, classmethod])
def test_the_decorators_of_methods_stand_above(decorator):
    with pytest.raises(DefinitionError, match=f"write @{decorator.__name__} above @pipeline"):
        pipeline(decorator(lambda x: add(x)))


def test_a_staticmethod_above_pipeline_works():
    class Holder:
        @staticmethod
        @pipeline
        def train(x: int) -> int:
            return add(x)

    assert Holder().train(1) == 2

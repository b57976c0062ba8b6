"""The tasks of a run."""

from __future__ import annotations

import pickle
from pathlib import Path

import attrs
from penstock.compilers.graph import FunctionRef, Literal, Node, NodeOptions, Output
from penstock.runtime.plans import Plan, Tasks
from penstock.compilers.graph import Graph

ADD = Node(
    "add", "add", FunctionRef("sums", "add"), {"x": Literal(1)}, (Output("output"),), options=NodeOptions(retries=2)
)


def tasks() -> Tasks:
    return Tasks(Plan("r", Graph("sums", (ADD,)), Path("/project"), Path("/project/runs/r"), "/project/store"))


def test_a_task_has_what_its_step_declares_and_what_is_its_own():
    task = tasks().of(ADD, 2, ("GPU-1",), ADD.inputs)
    assert (task.step, task.inputs, task.attempt, task.gpus) == ("add", ADD.inputs, 2, ("GPU-1",))
    assert (task.function, task.options, task.outputs) == (ADD.function, ADD.options, ("output",))


def test_what_calls_of_one_step_have_in_common_is_one_object_which_has_nothing_of_their_own():
    made, again = tasks(), attrs.evolve(ADD, id="add-2", inputs={"x": Literal(2)})
    assert made.like(ADD) is made.like(again) and not made.like(again).inputs
    assert made.of(again, 1, (), again.inputs).step == "add-2"


def test_calls_that_differ_in_what_their_step_declares_have_nothing_in_common():
    made, other = tasks(), attrs.evolve(ADD, options=NodeOptions(retries=3))
    assert made.like(other).options.retries == 3 and made.like(ADD).options.retries == 2


def test_many_tasks_of_one_step_travel_as_one():
    made = tasks()
    alone, together = (len(pickle.dumps([made.like(ADD)] * count)) for count in (1, 100))
    assert together < alone + 500

"""What a step knows about itself."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from penstock import current_step
from penstock.runtime.context import StepContext, Entered
from penstock.runtime.events import MetricLogged


def test_outside_a_run_there_is_a_step_that_goes_nowhere():
    here = current_step()
    assert (here.run, here.attempt, here.is_tracked) == (None, 1, False)
    assert here.folder.is_dir() and "outside a run" in repr(here)
    here.send(MetricLogged("s", 0.0, "loss", 1.0))


def test_inside_it_is_the_one_that_was_entered():
    context = StepContext("train", "run-1", 2)
    with Entered(context):
        assert current_step() is context and repr(context) == "<step 'train' of run run-1>"
    assert current_step().run is None


def test_a_step_inside_a_step_gives_way_to_the_outer_one():
    outer, inner = StepContext("outer", "r"), StepContext("inner", "r")
    with Entered(outer):
        with pytest.raises(ValueError), Entered(inner):
            raise ValueError
        assert current_step() is outer


def in_thread() -> StepContext:
    found: list[StepContext] = []
    thread = threading.Thread(target=lambda: found.append(current_step()))
    thread.start()
    thread.join()
    return found[0]


def test_a_thread_of_a_step_belongs_to_it():
    with Entered(StepContext("one", "r")) as _:
        assert in_thread().step == "one"


def test_a_thread_is_of_no_step_where_several_run():
    with Entered(StepContext("one", "r")), Entered(StepContext("two", "r")):
        assert in_thread().run is None


def test_the_folder_is_made_when_it_is_asked_for_and_is_the_steps_own(tmp_path):
    context, other = (StepContext("group/train", "r", 1, tmp_path / "run") for _ in range(2))
    assert not context.has_folder and not (tmp_path / "run").exists()
    assert context.folder == context.folder != other.folder
    assert context.has_folder and context.folder.parent == Path(tmp_path / "run/scratch")

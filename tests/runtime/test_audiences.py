"""Who listens to a run, and what becomes of those that break it off."""

from __future__ import annotations

import sys

import pytest
from penstock import Local, State, Workspace, pipeline, step
from penstock.runtime.events import RunEnded, RunStarted, StepCompleted

ENDINGS = (SystemExit, KeyboardInterrupt)


@step
def add(n: int) -> int:
    return n + 1


@pipeline
def chain(n: int) -> int:
    return add(add(add(n)))


def broken_off(workspace, error: type[BaseException], *kinds: type) -> tuple[State, str, list[str]]:
    """Run a chain that a listener breaks off at events of some kinds, and return what the history says of it and its steps."""

    def listener(event):
        if isinstance(event, kinds):
            raise error("enough")

    with pytest.raises(error, match="enough"):
        Local(jobs=1, workspace=workspace, display="none", listeners=[listener]).run(chain, 1)
    history = Workspace.open(workspace).history
    (run,) = history.runs()
    return run.state, run.problem, [found.state.value for found in history.steps(run.id)]


@pytest.mark.parametrize("error", ENDINGS)
def test_a_listener_that_ends_the_program_at_every_event_leaves_no_step_pending(tmp_path, error):
    state, problem, steps = broken_off(tmp_path, error, object)
    assert (state, problem != "") == (State.CANCELLED, True) and set(steps) <= {"cancelled", "completed"}


@pytest.mark.parametrize("error", ENDINGS)
def test_a_step_is_completed_all_the_same_at_whose_end_a_listener_ends_the_program(tmp_path, error):
    state, _, steps = broken_off(tmp_path, error, StepCompleted)
    assert state is State.CANCELLED and steps[0] == "completed" and set(steps) <= {"cancelled", "completed"}


def test_a_listener_that_ends_the_program_when_the_run_has_ended_changes_nothing(tmp_path):
    assert broken_off(tmp_path, SystemExit, RunEnded) == (State.COMPLETED, "", ["completed"] * 3)


def test_the_others_hear_of_an_event_at_which_one_ends_the_program(tmp_path):
    heard: list[object] = []
    with pytest.raises(SystemExit):
        Local(jobs=1, workspace=tmp_path, display="none", listeners=[lambda _: sys.exit(3), heard.append]).run(chain, 1)
    assert [type(event) for event in (heard[0], heard[-1])] == [RunStarted, RunEnded]

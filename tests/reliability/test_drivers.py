"""Drivers that are interrupted, killed, or not alone: what finished is kept, and the next command tells the truth."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from penstock import Run, State

CLOCK = """
import sys, time
import waiting
from penstock import Local
from penstock.runtime.events import StepCompleted

right = time.time
def set(event, seconds=-86_400):
    if isinstance(event, StepCompleted):
        time.time = lambda: right() + seconds

local = Local(executor="inline", display="none")
"""
"""A driver whose clock is set, by a day back if nothing else is said, when its first step is done."""


def command(project, *options: object) -> tuple[object, ...]:
    return ("run", "waiting.py:work", "--folder", project.folder, "-j2", *options)


def resumed(project) -> Run:
    """Run again, this time to the end."""
    (project.folder / "gate").touch()
    ended = project.penstock(*command(project, "-q", "--executor", "inline"))
    assert (ended.code, ended.err) == (0, "")
    return Run.get("last", project.workspace)


def first_step_is_recorded(project) -> bool:
    """Say whether the second step runs, and what the first one returned is in the history, some 50 ms later."""
    (run,) = project.workspace.history.runs() or [None]
    return run is not None and project.workspace.history.steps(run.id)[0].state is State.COMPLETED


@pytest.mark.parametrize(
    ("numbers", "code", "state", "words"),
    [
        ([signal.SIGINT] * 40, 130, "cancelled", "interrupted by Ctrl-C"),
        ([signal.SIGTERM] * 40, 143, "cancelled", "the driver was stopped by SIGTERM"),
        ([signal.SIGHUP] * 40, 129, "cancelled", "the driver was stopped by SIGHUP, the end of its terminal"),
        ([signal.SIGKILL], -signal.SIGKILL, "failed", "driver died"),
    ],
    ids=["Ctrl-C", "SIGTERM", "SIGHUP", "SIGKILL"],
)
def test_a_driver_that_is_ended_leaves_the_truth_and_what_was_finished(
    project, wait_until, numbers, code, state, words
):
    running = project.start(*command(project))
    project.wait_for("note")
    wait_until(lambda: first_step_is_recorded(project))
    for number in numbers:
        running.kill(number)
        time.sleep(0.01)  # so that some come while it is ending
    ended = running.end()
    assert ended.code == code and "Traceback" not in ended.err
    shown = project.penstock("show", "last").out
    assert f"state       {state}\nproblem     {words}\n" in shown and "duration" in shown
    assert resumed(project).steps["begin"].state is State.REUSED


def test_a_run_that_penstock_stop_ended_says_so_and_what_was_finished_is_used_again(project, wait_until):
    running = project.start(*command(project))
    project.wait_for("note")
    wait_until(lambda: first_step_is_recorded(project))
    assert project.penstock("stop", "last").code == 0
    ended = running.end()
    assert ended.code == 130 and "stopped by penstock stop (" in ended.err and "Ctrl-C" not in ended.err
    assert "state       cancelled\nproblem     stopped by penstock stop (" in project.penstock("show", "last").out
    assert resumed(project).steps["begin"].state is State.REUSED


@pytest.mark.parametrize("start", ["forks", "interpreters"])
def test_processes_that_were_stopped_end_with_their_killed_driver(project, wait_until, start):
    text = "from penstock import Local\nfrom penstock.runtime.executors import local\nimport waiting\n"
    text += "local.can_fork = lambda: False\n" if start == "interpreters" else ""
    running = project.start_script(text + "Local(display='none').run(waiting.work, '.')")
    project.wait_for("note")
    wait_until(lambda: first_step_is_recorded(project))
    workers = [process for process in project.processes() if "penstock-worker" in process.cmdline()]
    for process in workers:
        process.suspend()
    wait_until(lambda: all(process.status() == psutil.STATUS_STOPPED for process in workers))  # else none is let go on
    running.kill()
    assert workers and running.end().code == -signal.SIGKILL
    assert resumed(project).steps["begin"].state is State.REUSED


def test_a_killed_driver_leaves_no_socket(project):
    running = project.start(*command(project))
    project.wait_for("note")
    running.kill()
    running.end()
    assert [file.name for file in project.temporary.iterdir()] == []


def test_ctrl_c_in_a_terminal_goes_to_the_whole_group(project):
    running = project.start(*command(project))
    project.wait_for("note")
    os.killpg(running.process.pid, signal.SIGINT)
    assert running.end().code == 130
    assert resumed(project).state is State.COMPLETED


@pytest.mark.parametrize("pipeline", ["chain", "chains", "mapped"])
def test_ctrl_c_costs_no_step_that_was_finished(project, wait_until, pipeline):
    (project.folder / "tried-1-20").touch()
    words = ("run", f"many.py:{pipeline}", "--folder", project.folder, "--turn", 1, "--steps", 60, "-j2")
    running = project.start(*words)
    calls = project.folder / "calls"
    wait_until(lambda: calls.exists() and calls.stat().st_size >= 10)
    running.kill(signal.SIGINT)
    assert running.end().code == 130 and calls.stat().st_size < 60
    assert project.penstock(*words).code == 0
    assert calls.stat().st_size <= 60 + 2  # those that were at it


@pytest.mark.parametrize("name", ["SIGQUIT", "SIGUSR1", "SIGXCPU"])
def test_a_driver_that_a_signal_ends_which_nobody_handles_has_died(project, wait_until, name):
    running = project.start(*command(project))
    project.wait_for("note")
    wait_until(lambda: first_step_is_recorded(project))
    running.kill(getattr(signal, name))
    assert running.end().code == -getattr(signal, name)
    assert "state       failed\nproblem     driver died\n" in project.penstock("show", "last").out
    assert resumed(project).steps["begin"].state is State.REUSED


def test_two_drivers_may_be_interrupted_at_once(project):
    drivers = [project.start(*command(project, "-q")) for _ in range(2)]
    project.wait_for("note")
    for driver in drivers:
        driver.kill(signal.SIGINT)
    assert [driver.end().code for driver in drivers] == [130, 130]
    assert resumed(project).state is State.COMPLETED


def test_two_drivers_may_run_the_same_pipeline_in_one_workspace(project):
    drivers = [project.start(*command(project, "-q")) for _ in range(2)]
    project.wait_for("note")
    (project.folder / "gate").touch()
    assert [driver.end()[::2] for driver in drivers] == [(0, "")] * 2
    assert resumed(project).steps["wait"].state is State.REUSED


@pytest.mark.parametrize("seconds", [-86_400, 86_400])
def test_a_clock_that_is_set_during_a_run_disturbs_no_step(project, seconds):
    (project.folder / "gate").touch()
    ended = project.script(
        f"{CLOCK}\nlisteners = [lambda event: set(event, {seconds})]\n"
        'print(Local(jobs=1, display="none", listeners=listeners).run(waiting.work, ".").result())'
    )
    assert ended == (0, "1\n", "")
    assert [step.state for step in Run.get("last", project.workspace).steps.values()] == [State.COMPLETED] * 2


def test_a_run_whose_clock_was_set_back_did_not_take_less_than_no_time(project):
    (project.folder / "gate").touch()
    project.script(CLOCK + 'Local(executor="inline", display="none", listeners=[set]).run(waiting.work, ".")')
    assert 0 <= Run.get("last", project.workspace).record.duration < 60


def test_after_the_clock_was_set_back_the_newest_is_still_the_newest(project):
    ended = project.script(
        CLOCK
        + """
from penstock import Run, pipeline, step

@step
def now() -> float:
    return right()

first = local.run(now)
time.time = lambda: right() - 86_400
second = Local(executor="inline", display="none", regenerate_outputs=True).run(now)
third = local.run(now)
print(first.result() < second.result() == third.result(), Run.get("last").id == third.id)
"""
    )
    assert ended.out == "True True\n"

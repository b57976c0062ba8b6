"""A mapped call whose driver is killed goes on where it was; what runs at every end does so after Ctrl-C and SIGTERM."""

from __future__ import annotations

import signal

import pytest
from penstock import Run

COUNT, LOST = 200, 20
"""Items, and how many one kill may cost: those that ran, and those of 10 ms on two workers in the 50 ms or, on a busy machine, a
little more that were not written yet."""


def calls(project) -> int:
    file = project.folder / "calls"
    return file.stat().st_size if file.exists() else 0


def test_a_mapped_call_whose_driver_is_killed_goes_on_where_it_was(project, wait_until):
    words = ("run", "mapping.py:squares", "--folder", project.folder, "-j2", "--display", "none")
    for enough in (60, 130):
        driver = project.start(*words)
        wait_until(lambda: calls(project) >= enough or driver.process.poll() is not None)  # noqa: B023 -- waited for here
        driver.kill()
        driver.end()
    assert project.penstock(*words).code == 0
    run = Run.get("last", project.workspace)
    assert run.result() == sum(item * item for item in range(COUNT))
    assert len(run.steps["square"].items) == COUNT and calls(project) <= COUNT + 2 * LOST


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_runs_at_every_end_runs_after_a_signal(project, number):
    driver = project.start("run", "mapping.py:waiting", "--folder", project.folder, "-j2", "--display", "none")
    project.wait_for("waiting")
    driver.kill(number)
    driver.end()
    assert (project.folder / "tidied").read_text() == "cancelled"
    assert Run.get("last", project.workspace).state == "cancelled"

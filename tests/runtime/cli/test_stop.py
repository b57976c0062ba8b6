"""A run that goes on in another process is stopped from the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]

FLOW = """
import time
from penstock import pipeline, step

@step
def dawdle(n: int) -> int:
    print("begun")
    time.sleep(600)
    return n

@pipeline
def study(n: int = 1) -> int:
    return dawdle(n)
"""


@pytest.fixture
def going(shell, penstock: Penstock, project: Path):
    """A run that goes on in another process."""
    (project.parent / "flow.py").write_text(FLOW)
    process = shell("run", "flow.py:study", "--display", "lines", "--jobs", "1")
    deadline = time.monotonic() + 60
    while "begun" not in penstock("logs", "last").stdout and time.monotonic() < deadline:
        time.sleep(0.05)
    return process


def test_a_run_is_cancelled_and_its_command_ends_as_by_ctrl_c(going, penstock):
    found = penstock("stop", "last")
    assert found.exit_code == 0 and "was cancelled (stopped by penstock stop (" in found.stdout
    _, said = going.communicate(timeout=30)
    assert going.returncode == 130 and "study was cancelled" in said and "stopped by penstock stop (" in said


def test_the_outcome_can_be_had_as_json(going, penstock):
    document = json.loads(penstock("stop", "last", "--json").stdout)
    assert (document["outcome"], document["state"]) == ("stopped", "cancelled")


def test_a_run_that_has_ended_is_told_so(ran, penstock):
    found = penstock("stop", "last")
    assert found.exit_code == 0 and "had ended already: failed" in found.stdout


def test_an_unknown_run_ends_with_4(project, penstock):
    assert penstock("stop", "last").exit_code == 4

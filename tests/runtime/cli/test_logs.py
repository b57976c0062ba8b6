"""Logs are printed, and followed while a run goes on in another process."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Penstock = Callable[..., Result]

FLOW = """
import time
from pathlib import Path
from penstock import pipeline, step


@step
def first(folder: Path) -> int:
    print("ready")
    while not (folder / "seen").exists():
        time.sleep(0.01)
    print("10%\\r100%")
    print("end", end="")
    return 1


@step
def second(one: int) -> int:
    print("second", one)
    return one


@pipeline
def study(folder: Path) -> int:
    return second(first(folder))
"""


@pytest.fixture
def going(shell, penstock: Penstock, project: Path):
    """A run that goes on in another process until there is a file ``seen``; its first line is written."""
    (project.parent / "flow.py").write_text(FLOW)
    process = shell("run", "flow.py:study", "--folder", str(project.parent), "-q", "--jobs", "1")
    deadline = time.monotonic() + 60
    while "ready" not in penstock("logs", "last").stdout and time.monotonic() < deadline:
        time.sleep(0.05)
    return process


def test_lines_are_followed_with_time_and_step_until_the_run_ends(going, shell, project):
    follower = shell("logs", "last", "-f")
    assert follower.stdout.readline() == "         first  │ ready\n"
    (project.parent / "seen").touch()
    printed, said = follower.communicate(timeout=60)
    lines = [re.sub(r"^\d\d:\d\d:\d\d ", "", line) for line in printed.splitlines()]
    assert lines == ["first  │ 100%", "first  │ end", "second │ second 1"]
    assert follower.returncode == 0 and re.search(r"run \S+ completed after", said)


def test_of_one_step_only_its_lines_are_followed(going, shell, project):
    follower = shell("logs", "last", "first", "--follow")
    assert follower.stdout.readline() == "         │ ready\n"
    (project.parent / "seen").touch()
    printed, _ = follower.communicate(timeout=60)
    assert [line[9:] for line in printed.splitlines()] == ["│ 100%", "│ end"]


def test_only_logs_written_to_since_a_moment_are_printed(ran: Path, penstock: Penstock) -> None:
    (log,) = ran.parent.glob(".penstock/runs/*/logs/load.log")
    assert "loading" in penstock("logs", "last~1", "--since", "1h").stdout
    os.utime(log, (1000.0, 1000.0))
    late = penstock("logs", "last~1", "--since", "1h")
    assert late.stdout == "" and "since then" in late.stderr


def test_what_is_no_moment_is_refused(ran: Path, penstock: Penstock) -> None:
    found = penstock("logs", "last", "--since", "soon")
    assert found.exit_code == 2 and "expected 10m" in found.stderr


def test_logs_of_several_steps_are_parted_by_an_empty_line(ran: Path, penstock: Penstock) -> None:
    (log,) = ran.parent.glob(".penstock/runs/*/logs/load.log")
    (log.parent / "best.log").write_text("no end")
    expected = "==> load <==\nloading numbers.txt\n\n==> best <==\nno end\n"
    assert penstock("logs", "last~1").stdout == expected

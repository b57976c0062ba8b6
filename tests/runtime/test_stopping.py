"""A run is stopped by asking the very process that drives it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from penstock import RunError, State, Workspace
from penstock.runtime.errors import RunNotFound
from penstock.runtime.history import processes
from penstock.runtime.history.drivers import Driver
from penstock.runtime.stopping import stop

DRIVER = """
import signal, sys, time
from pathlib import Path
from penstock import Local, pipeline, step

for name in sys.argv[2:]:
    signal.signal(getattr(signal, name), signal.SIG_IGN)

@step
def dawdle(folder: Path) -> int:
    (folder / "begun").touch()
    time.sleep(600)
    return 1

@pipeline
def slow(folder: Path) -> int:
    return dawdle(folder)

if __name__ == "__main__":
    Local(workspace=sys.argv[1], display="none", jobs=1).run(slow, Path(sys.argv[1]))
"""

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path)


@pytest.fixture
def start(tmp_path: Path, workspace: Workspace) -> Iterator[Start]:
    """Start a run in another process, deaf to some signals, and return when its step is running and the history has it."""
    (tmp_path / "driver.py").write_text(DRIVER)
    started: list[subprocess.Popen[bytes]] = []

    def go(*deaf_to: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "driver.py", str(tmp_path), *deaf_to]
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
        started.append(process)
        while not ((tmp_path / "begun").exists() and workspace.history.runs()):
            assert process.poll() is None
            time.sleep(0.02)
        return process

    yield go
    for process in started:
        process.kill()
        process.wait()


def children() -> set[int]:
    import psutil

    return {child.pid for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE}


@pytest.mark.parametrize("deaf_to", [(), ("SIGINT",)])
def test_a_driver_that_is_asked_cancels_its_run_and_leaves_nothing_behind(start, workspace, deaf_to):
    before = children()
    process = start(*deaf_to)
    found = stop(workspace.history, "last")
    assert (found.outcome, found.run.state) == ("stopped", State.CANCELLED)
    process.wait(20)
    assert children() <= before


def test_a_run_that_has_ended_is_left_alone(start, workspace):
    start()
    stop(workspace.history, "last")
    assert stop(workspace.history, "last").outcome == "ended before"


def test_a_driver_that_listens_to_nothing_is_not_killed_unasked(start, workspace):
    process = start("SIGINT", "SIGTERM")
    with pytest.raises(RunError, match=f"process {process.pid}.*listens to no signal.*--force"):
        stop(workspace.history, "last", patience=0.1)
    assert process.poll() is None and workspace.history.run("last").state is State.RUNNING


def test_with_force_it_is_killed_with_all_below_it(start, workspace):
    before = children()
    process = start("SIGINT", "SIGTERM")
    found = stop(workspace.history, "last", force=True)
    assert (found.outcome, found.run.state, found.run.problem) == ("killed", State.FAILED, "driver died")
    assert process.wait(20) < 0 and children() <= before


@pytest.fixture
def driven(start, workspace, monkeypatch):
    """A run that goes on, whose driver is said to be another one."""
    process = start()

    def by(**changes: object) -> subprocess.Popen[bytes]:
        real = workspace.history.driver(workspace.history.run("last").id)
        fields = {"host": real.host, "pid": real.pid, "identity": real.identity, **changes}
        monkeypatch.setattr(type(workspace.history), "driver", lambda *_: Driver(**fields))
        return process

    return by


def test_a_driver_on_another_machine_is_named(driven, workspace):
    driven(host="elsewhere")
    with pytest.raises(RunError, match="goes on on elsewhere"):
        stop(workspace.history, "last")


def test_a_driver_in_another_container_is_named(driven, workspace):
    driven(identity="boot/pid:[1]/7")
    with pytest.raises(RunError, match="another container"):
        stop(workspace.history, "last")


def test_a_process_that_was_given_the_same_number_later_is_not_signalled(driven, workspace):
    process = driven(identity=f"{processes.identity(os.getpid())}9")
    with pytest.raises(RunError, match="has not ended"):
        stop(workspace.history, "last", patience=0.2)
    with pytest.raises(RunError):
        stop(workspace.history, "last", patience=0.2, force=True)
    assert process.poll() is None


def test_an_unknown_run_is_not_found(workspace):
    with pytest.raises(RunNotFound):
        stop(workspace.history, "last")

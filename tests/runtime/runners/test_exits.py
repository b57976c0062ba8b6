"""How runs end when their driver does: Ctrl-C, SIGTERM, SIGKILL, and the end of the main program.

Each test runs a script as a process of its own, since it is that process's end that matters.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from penstock import State, Workspace

HEAD = """
import os, subprocess, sys, time
from pathlib import Path
from penstock import Local, log_metric, pipeline, run, step

@step
def note(n: int) -> int:
    Path("note").write_text(f"{os.getpid()} {subprocess.Popen(['sleep', '60']).pid}")
    time.sleep(60)
    return n

@step
def brief(n: int) -> int:
    time.sleep(0.2)
    log_metric("n", n)
    return n + 1

@pipeline
def chain(n: int = 1) -> int:
    return brief(brief(brief(n)))

class Mine(Exception):
    pass

@step
def fails() -> int:
    print("hello from the step")
    raise Mine("for a reason")

local = Local(jobs=2, display="none")
"""


class Script:
    """A running script, in a folder of its own that is its workspace too."""

    def __init__(self, folder: Path, body: str) -> None:
        self.folder = folder
        (folder / "script.py").write_text(HEAD + body)
        self.process = subprocess.Popen(
            [sys.executable, "script.py"],
            cwd=folder,
            env={**os.environ, "PENSTOCK_WORKSPACE": str(folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def started(self) -> set[int]:
        """Wait until the step runs, and return every process that belongs to the script."""
        deadline = time.monotonic() + 60
        while not (self.folder / "note").exists() or not (self.folder / "note").read_text():
            assert time.monotonic() < deadline and self.process.poll() is None, self.process.communicate()
            time.sleep(0.02)
        return {child.pid for child in psutil.Process(self.process.pid).children(recursive=True)}

    def ended(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def only_run(self):
        return Workspace.open(self.folder).history.runs()[0]


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Script]:
    return lambda body: Script(tmp_path, body)


def left(pids: set[int], patience: float = 10) -> list[psutil.Process]:
    """Return the processes that are still there after a while."""
    processes = [psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)]
    return psutil.wait_procs(processes, patience)[1]


RUN = "local.run(note, 1)"
SUBMIT = "local.submit(note, 1).wait()"


@pytest.mark.parametrize(
    ("body", "number", "code"),
    [(RUN, signal.SIGINT, -signal.SIGINT), (RUN, signal.SIGTERM, 143), (SUBMIT, signal.SIGINT, -signal.SIGINT)],
)
def test_a_driver_that_is_asked_to_end_stops_everything(script, body, number, code):
    running = script(body)
    processes = running.started()
    running.process.send_signal(number)
    ended, _, err = running.ended()
    assert ended == code and not left(processes)
    assert "leaked" not in err and "resource_tracker" not in err
    assert running.only_run().state is State.CANCELLED


@pytest.mark.parametrize("body", [RUN, SUBMIT])
def test_a_driver_that_is_killed_leaves_no_process_and_no_running_record(script, body):
    running = script(body)
    processes = running.started()
    running.process.kill()
    _, _, err = running.ended()
    assert not left(processes) and "leaked" not in err
    assert running.only_run().state is State.FAILED


def test_a_submitted_run_goes_on_when_the_main_program_ends(script):
    running = script("local.submit(chain)")
    code, out, err = running.ended()
    assert (code, out, err) == (0, "", "")
    assert running.only_run().state is State.COMPLETED


def test_ctrl_c_stops_a_submitted_run_that_outlives_the_main_program(script):
    running = script("local.submit(note, 1)")
    processes = running.started()
    running.process.send_signal(signal.SIGINT)
    running.ended()
    assert not left(processes) and running.only_run().state is State.CANCELLED


def test_functions_of_a_script_run_in_workers_and_say_nothing_of_their_own(script):
    running = script("print(local.run(chain, 4).result())")
    assert running.ended() == (0, "7\n", "")


def test_an_exception_class_of_the_script_is_the_same_when_it_comes_back(script):
    body = """
from penstock import RunFailed
try:
    local.run(fails)
except RunFailed as error:
    print(isinstance(error.__cause__, Mine), error.run.steps["fails"].logs.strip())
"""
    assert script(body).ended() == (0, "True hello from the step\n", "")


def test_a_relative_path_starts_from_where_the_run_was_started(script, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/in.txt").write_text("found")
    body = """
@step
def read(file: Path) -> str:
    return file.read_text()

os.chdir("data")
print(local.run(read, Path("in.txt")).result())
"""
    assert script(body).ended() == (0, "found\n", "")


def test_two_drivers_may_share_a_workspace(tmp_path):
    body = f"print(Local(jobs=1, display='none', workspace={str(tmp_path)!r}).run(chain, int(sys.argv[1])).result())"
    (tmp_path / "script.py").write_text(HEAD + body)
    command = [sys.executable, str(tmp_path / "script.py")]
    drivers = [subprocess.Popen([*command, n], stdout=subprocess.PIPE, stderr=subprocess.PIPE) for n in ("1", "2")]
    assert [driver.communicate(timeout=60) for driver in drivers] == [(b"4\n", b""), (b"5\n", b"")]
    assert [run.state for run in Workspace.open(tmp_path).history.runs()] == [State.COMPLETED] * 2

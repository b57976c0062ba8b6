"""Commands whose output nobody reads, or whose disk is full, do what they should and end with an exit code of their own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys

import pytest
from penstock import Run, State

RUN = "run sizes.py:sizes --regenerate-all -j1"
CLI = "from penstock.runtime.cli import main; main()"
TALKING = """
import pathlib, time
from penstock import step

@step
def talk() -> int:
    here = pathlib.Path(__file__).parent
    (here / "note").write_text("talking")
    while not (here / "gate").exists():
        time.sleep(0.02)
        print("and so on")
    return 1
"""


def shell(project, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of bash in which ``penstock`` is ours; it ends with the exit code of the first command."""
    penstock = f"penstock() {{ {shlex.quote(sys.executable)} -c '{CLI}' \"$@\"; }}"
    return subprocess.run(
        ["bash", "-c", f"{penstock}; {line}; exit ${{PIPESTATUS[0]}}"],
        cwd=project.folder,
        env={**os.environ, **project.variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    "where", ["2>&1 | head -1", "--json | true", ">&- 2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"]
)
def test_a_run_does_not_depend_on_who_reads_what_it_prints(project, where):
    ended = shell(project, f"penstock {RUN} {where}")
    assert ended.returncode == 0 and "Traceback" not in ended.stderr
    assert Run.get("last", project.workspace).state is State.COMPLETED


def test_a_run_that_fails_unread_fails_all_the_same(project):
    assert shell(project, "penstock run troubles.py:raises --column fare 2>&1 | true").returncode == 1
    assert Run.get("last", project.workspace).state is State.FAILED


def test_commands_end_quietly_when_nobody_reads_on(project):
    shell(project, "penstock run output.py:print_binary")
    for command in ["runs", "show last", "logs last", "graph last", "compile output.py:loud", "--help"]:
        ended = shell(project, f"penstock {command} | true")
        assert (command, ended.returncode, ended.stderr) == (command, 0, "")


def test_commands_that_cannot_print_all_fail(project):
    ended = shell(project, "penstock compile sizes.py:sizes >/dev/full")
    assert (ended.returncode, ended.stderr) == (1, "Error: not all could be printed: No space left on device\n")


def test_following_logs_ends_with_its_reader(project):
    (project.folder / "talking.py").write_text(TALKING)
    running = project.start("run", "talking.py:talk", "-q")
    project.wait_for("note")
    ended = shell(project, "penstock logs last -f | head -1")
    (project.folder / "gate").touch()
    assert (ended.returncode, ended.stderr, running.end().code) == (0, "", 0)


@pytest.mark.parametrize("module", ["attrs", "click"])
def test_ctrl_c_while_a_command_is_imported_ends_it_with_one_line(project, module):
    (project.folder / f"{module}.py").write_text("import os\nos.kill(os.getpid(), 2)\nimport time\ntime.sleep(5)")
    command = project.folder / "penstock"
    command.write_text(CLI)
    ended = subprocess.run([sys.executable, str(command)], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (128 + signal.SIGINT, "cancelled\n")

"""Ctrl-C that is typed on a terminal ends a command, or a program of the user's own, with few words."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from penstock import Run, State

ON_TERMINAL = "import os, pty, sys; print(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))"
"""Runs a command on a terminal of its own, on which is typed what comes through a pipe, and prints its exit code at last."""

PROGRAM = """
import os
import penstock, waiting

{call}(waiting.work, os.path.dirname(os.path.abspath(__file__)))
"""

COMMAND = "from penstock.runtime.cli import main; main('run waiting.py:work --folder . --display {display}'.split())"


pytestmark = pytest.mark.skipif(os.name != "posix", reason="a terminal is another thing there")


def shown_after_ctrl_c(project, program: str) -> list[str]:
    """Run a program on a terminal, type Ctrl-C when the second step runs, and return the lines that are shown; the last is the exit code."""
    (project.folder / "script.py").write_text(program)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    command = [sys.executable, "-c", ON_TERMINAL, sys.executable, "script.py"]
    terminal = subprocess.Popen(command, cwd=project.folder, env={**os.environ, **project.variables}, **pipes)
    project.wait_for("note")
    shown, _ = terminal.communicate("\x03", timeout=40)
    assert Run.get("last", project.workspace).state is State.CANCELLED
    return shown.splitlines()


@pytest.mark.parametrize("call", ["penstock.run", "penstock.Local(jobs=2).run"])
def test_a_program_shows_the_users_frames_and_one_line_about_its_run(project, call):
    shown = shown_after_ctrl_c(project, PROGRAM.format(call=call))
    trace = shown[shown.index("Traceback (most recent call last):") :]
    assert [line.endswith(("in <module>", "in run")) for line in trace if "File" in line] == [True, True]
    assert trace[-2] == (
        f"KeyboardInterrupt: run {Run.get('last', project.workspace).id} was cancelled: interrupted by Ctrl-C; "
        "run it again to go on: what has finished is reused"
    )
    assert trace[-1] == str(-signal.SIGINT)


@pytest.mark.parametrize("display", ["tree", "lines", "none"])
def test_a_command_says_what_has_become_of_its_run(project, display):
    shown = shown_after_ctrl_c(project, COMMAND.format(display=display))
    assert any("was cancelled" in line for line in shown) and not any("Traceback" in line for line in shown)
    assert any("interrupted by Ctrl-C" in line for line in shown) and shown[-1] == "130"

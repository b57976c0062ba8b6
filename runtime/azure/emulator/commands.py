"""Run the command of one step in a process of its own, as a node of a cluster would."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

_OPTIONAL = re.compile(r"\$\[\[(.*?)\]\]", re.DOTALL)
_REFERENCE = re.compile(r"\$\{\{(inputs|outputs)\.([^}]+)\}\}")
_KEPT = ("HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
"""What the environment of a step keeps of this process's: no secrets, since a cluster's node has none of them."""

_POLL = 0.02


@frozen
class Command:
    """A command line, where it runs, its environment, where its output goes, and the seconds that it may take."""

    line: str
    folder: Path
    log: Path
    variables: Mapping[str, str] = field(factory=dict)
    timeout: float | None = None


def command_line(template: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """Write values into a component's command; what stands in ``$[[ ]]`` is left out where its input is not given.

    >>> command_line("a ${{inputs.x}} $[[--n ${{inputs.n}}]] ${{outputs.y}}", {"x": "1"}, {"y": "/o"})
    'a 1  /o'
    """

    def optional(found: re.Match[str]) -> str:
        names = [name for kind, name in _REFERENCE.findall(found[1]) if kind == "inputs"]
        return found[1] if all(name in inputs for name in names) else ""

    def written(found: re.Match[str]) -> str:
        return (inputs if found[1] == "inputs" else outputs)[found[2]]

    return _REFERENCE.sub(written, _OPTIONAL.sub(optional, template))


def run_command(command: Command, stopping: threading.Event) -> str:
    """Run a command to its end; return what went wrong, empty if nothing did. It is stopped with all it started."""
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    with command.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S602  # a component's command is a line for a shell
            command.line, shell=True, cwd=command.folder, env={**environment, **command.variables},
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            return _ended(process, command, stopping)
        finally:
            _stop(process)


def _ended(process: subprocess.Popen[bytes], command: Command, stopping: threading.Event) -> str:
    deadline = time.monotonic() + command.timeout if command.timeout else float("inf")
    while process.poll() is None:
        if stopping.wait(_POLL):
            return "it was canceled"
        if time.monotonic() > deadline:
            return f"it took longer than its limit of {command.timeout:g} s"
    code = process.returncode
    return "" if code == 0 else f"Execution failed. User process exited with status code {code}. {_tail(command.log)}"


def _stop(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    elif process.poll() is None:
        process.kill()
    process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(lines[-20:])

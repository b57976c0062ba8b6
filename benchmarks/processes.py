"""Run a command in a session of its own: how long it took, what it printed, and how much memory all of its processes had."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

EVERY = 0.05
"""Seconds between two looks at the memory."""

SIZE = struct.pack("HHHH", 40, 120, 0, 0)
"""Rows and columns of the terminal."""


@frozen
class Ended:
    """How a command ended: ``seconds`` from its start to its end, ``peak`` of the memory in MiB where it was watched."""

    code: int
    seconds: float
    printed: str
    said: str
    is_late: bool
    peak: float | None = None


def run(
    command: Sequence[str], folder: Path, limit: float, *, watch_memory: bool = False, on_terminal: bool = False
) -> Ended:
    """Run a command in a folder, and kill it and all of its processes after ``limit`` seconds.

    ``on_terminal`` gives it a terminal for its standard error, which is read all the time.
    """
    late = threading.Event()
    with _terminal() if on_terminal else contextlib.nullcontext((subprocess.PIPE, [])) as (stderr, shown):
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=_environment(), text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=stderr, start_new_session=True,
        )  # fmt: skip
        timer = threading.Timer(limit, _stop, (process, late))
        timer.start()
        watch = MemoryWatch(process.pid) if watch_memory else None
        try:
            printed, said = process.communicate()  # without a time-out: with one Python waits in ever longer naps
            seconds = time.perf_counter() - start
        finally:
            timer.cancel()
            peak = watch.stop() if watch else None
            _kill(process.pid)
    said = said or b"".join(shown).decode(errors="replace")
    return Ended(process.returncode, seconds, printed, said, late.is_set(), peak)


def _environment() -> dict[str, str]:
    """The environment without what would change where results go, or keep byte code from being written."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("PENSTOCK_", "PYTEST_"))}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    return {**kept, "TERM": "xterm-256color"}


def _stop(process: subprocess.Popen[str], late: threading.Event) -> None:
    late.set()
    _kill(process.pid)


def _kill(session: int) -> None:
    """Kill the processes that were started in a session, if there are any left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)


@contextlib.contextmanager
def _terminal() -> Iterator[tuple[int, list[bytes]]]:
    """Give a terminal as its file descriptor, and what is shown on it, which is complete at the end."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, SIZE)
    shown: list[bytes] = []
    reader = threading.Thread(target=_drain, args=(master, shown), daemon=True)
    reader.start()
    try:
        yield slave, shown
    finally:
        os.close(slave)
        reader.join(timeout=5)
        os.close(master)


def _drain(master: int, shown: list[bytes]) -> None:
    with contextlib.suppress(OSError):  # that is how its end is told
        while piece := os.read(master, 65536):
            shown.append(piece)


class MemoryWatch:
    """Looks again and again at how much memory a process and all that it started have together, and keeps the most.

    The figure is the proportional set size: a page that several processes share counts once. Processes are looked at one after the
    other, so what one gives back and another takes meanwhile would count twice: of more than ever only that counts which each
    process has at a second look, too. Linux only; else None.
    """

    def __init__(self, root: int) -> None:
        self._root = root
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> float | None:
        """Return the most that was seen, in MiB."""
        self._ended.set()
        self._thread.join()
        return self._peak / 1024 if self._peak else None

    def _look(self) -> None:
        while not self._ended.wait(EVERY):
            found = {pid: proportional(pid) for pid in tree(self._root)}
            if sum(found.values()) > self._peak:
                self._peak = max(self._peak, sum(min(size, proportional(pid)) for pid, size in found.items()))


def tree(root: int) -> set[int]:
    """Return the processes that descend from one or are in its session, with it."""
    parents, sessions = {}, {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = file.read_text(errors="replace").rpartition(")")[2].split()
            parents[int(file.parent.name)], sessions[int(file.parent.name)] = int(fields[1]), int(fields[3])
    found = {root} | {pid for pid, session in sessions.items() if session == root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def proportional(pid: int) -> int:
    """Return the proportional set size of a process in KiB; 0 for one that has gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0

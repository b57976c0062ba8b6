"""End the processes that a step has started and left behind.

A process that a step starts dies with the step, as its files and variables do. Linux tells in a microsecond whether a
worker has any child; elsewhere they are ended with the worker, when the run ends.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, final

if TYPE_CHECKING:
    from psutil import Process

MARK: Final = "PENSTOCK_WORKER"
"""The environment variable that every process of a worker inherits, by which they are found when the worker has died."""

_ADOPT_ORPHANS: Final = 36
"""PR_SET_CHILD_SUBREAPER, of Linux' <sys/prctl.h>."""

_KEPT: Final = ("joblib.externals.loky", "multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""What stays between two steps: the workers of a nested joblib, which are slow to start, and Python's own servants."""

_PATIENCE: Final = 1.0
"""Seconds to wait for the end of what was killed, at most: it may hang in a driver of the system."""


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that daemons of a step are children of its worker."""
    if sys.platform != "linux":
        return
    import ctypes

    with contextlib.suppress(OSError, AttributeError):  # then daemons are found by their mark only
        ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)


def end_children() -> None:
    """Kill what the step that ended here has started, with all descendants, and forget them."""
    if sys.platform != "linux" or not _has_children():
        return
    import psutil

    for pid in reversed(end(_left_behind(psutil.Process()))):  # a parent first: then its children are ours
        reap(pid)


@final
class ForksEnded:
    """End a child that a step forked and that comes out of the step's function: what it returns is not the result."""

    def __init__(self, step: str) -> None:
        self._step = step

    def __enter__(self) -> None:
        self._process = os.getpid()

    def __exit__(self, *_: object) -> None:
        if os.getpid() != self._process:
            _leave(self._step)


def end_marked(mark: str) -> None:
    """Kill all processes of a worker that has died, wherever they have gone."""
    import psutil

    end(process for process in psutil.process_iter() if process.pid != os.getpid() and _marked(process) == mark)


def end(processes: Iterable[Process]) -> list[int]:
    """Kill processes, and return their numbers. Those that are gone already are no error."""
    import psutil

    killed = []
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.kill()
            killed.append(process.pid)
    return killed


def reap(pid: int) -> bool:
    """Take the end of a child that was killed, which comes in a moment; say whether it came."""
    deadline = time.monotonic() + _PATIENCE
    with contextlib.suppress(ChildProcessError):  # it is none, or somebody was quicker
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
    return True


def _leave(step: str) -> None:
    try:
        sys.stderr.write(f"a process that step {step!r} forked came out of its function, and is ended\n")
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _left_behind(worker: Process) -> Iterator[Process]:
    """Yield the descendants of a worker, the deepest first, but those that stay and theirs."""
    import psutil

    own = _command(worker)
    for child in worker.children():
        command = _command(child)
        if command != own and any(name in command for name in _KEPT):  # a forked child has its parent's command
            continue
        with contextlib.suppress(psutil.NoSuchProcess):
            yield from reversed(child.children(recursive=True))
        yield child


def _command(process: Process) -> str:
    import psutil

    try:
        return " ".join(process.cmdline())
    except psutil.Error:  # it has just ended
        return ""


def _marked(process: Process) -> str | None:
    import psutil

    try:
        mark: str | None = process.environ().get(MARK)
    except (psutil.Error, OSError):  # somebody else's, or gone
        return None
    return mark

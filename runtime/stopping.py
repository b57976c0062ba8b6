"""Ask the process that drives a run to stop it, or the server that has it carried out, and see whether it does.

A number of a process may be given again to another one, so nobody is signalled before it is proved that the process is
the one that recorded the run: by its start, on this machine, in this boot.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

from attrs import frozen

from .endpoints import Queue
from .endpoints.owners import is_dead
from .errors import RunError
from .history import History
from .history.drivers import Driver
from .history.records import RunRecord

Outcome: TypeAlias = Literal["ended before", "stopped", "killed"]

PATIENCE = 30.0
"""Seconds that a driver has for stopping its steps and recording the end."""

_LOOK = 0.05
_LAST_MOMENT = 0.5
"""Seconds that a driver may take to end when it has done all that there was to do."""

_SIGNALS = {"SIGINT": 1 << (signal.SIGINT - 1), "SIGTERM": 1 << (signal.SIGTERM - 1)}
"""The bits that stand for the two in a mask of signals."""


@frozen
class Stopped:
    """What came of the wish to stop a run. ``run`` is how it is recorded now."""

    run: RunRecord
    outcome: Outcome


def stop(
    history: History,
    reference: str,
    *,
    queue: Queue | None = None,
    patience: float = PATIENCE,
    force: bool = False,
    tell: Callable[[str], object] = lambda _run: None,
) -> Stopped:
    """Ask the driver of a run to cancel it, as Ctrl-C does, and wait at most ``patience`` seconds until it has.

    What stands in the ``queue`` is cancelled there too, so that no server begins it again; one that has it does the asking. With
    ``force`` a driver that has not stopped by then is killed, with all processes below it. ``tell`` gets the run's id before
    its driver is signalled, to leave word of who does it. Raises RunNotFound, and RunError where the driver cannot be reached,
    may not be signalled, or goes on.
    """
    run = history.run(reference)
    is_with_a_server = queue is not None and _noted(queue, run.id)
    if run.state.ended:
        return Stopped(run, "ended before")
    driver = history.driver(run.id)
    if not is_with_a_server:
        _check(run, driver)
        tell(run.id)
    if (is_with_a_server or _asked(history, run, driver, force=force)) and _ended(history, run.id, patience):
        return Stopped(history.run(run.id), "stopped")
    if not force:
        raise RunError(
            f"run {run.id} has not ended after {patience:g} s: process {driver.pid} was asked and goes on. Wait longer with "
            f"--timeout, or end it with: penstock stop {run.id} --force"
        )
    _check(run, driver)
    _kill(run, driver)
    if not _ended(history, run.id, patience):
        raise RunError(f"process {driver.pid} of run {run.id} was killed, and the history still says {run.state}")
    return Stopped(history.run(run.id), "killed")


def _noted(queue: Queue, run_id: str) -> bool:
    """Note in the queue that a run was cancelled, and say whether a server has it, which looks for that."""
    request = queue.cancel(run_id)
    if request is None or request.state != "leased" or request.owner is None:
        return False
    return (request.lease or 0.0) > time.time() and not is_dead(request.owner)


def _check(run: RunRecord, driver: Driver) -> None:
    """Raise RunError unless the driver is a process that can be seen from here."""
    if not driver.is_here:
        raise RunError(
            f"run {run.id} goes on on {driver.host} (process {driver.pid}), and this is another machine; "
            f"type there: penstock stop {run.id}"
        )
    if driver.alive() is None:
        raise RunError(
            f"run {run.id} is driven by process {driver.pid} of another container, which cannot be reached from here; "
            f"type there: penstock stop {run.id}"
        )


def _asked(history: History, run: RunRecord, driver: Driver, *, force: bool) -> bool:
    """Send the gentlest signal that the driver listens to; False where it would have to be killed, and may be."""
    number = _gentle(driver.pid)
    if number is None:
        if _ended(history, run.id, _LAST_MOMENT):
            return True  # who has just stopped listens no more
        if force:
            return False
        raise RunError(
            f"process {driver.pid}, which drives run {run.id}, listens to no signal that would let it stop its steps; "
            f"end it with: penstock stop {run.id} --force"
        )
    _send(run, driver, number)
    return True


def _gentle(pid: int) -> signal.Signals | None:
    """Return SIGINT, or SIGTERM where only that is heeded, as in the background of a shell script; None for neither."""
    if os.name != "posix":
        return None  # there, "sending" a signal to another process ends it at once
    masks = _masks(pid)
    if masks is None:
        return signal.SIGINT
    for name in ("SIGINT", "SIGTERM"):
        if masks & _SIGNALS[name]:
            return signal.Signals[name]
    return None


def _masks(pid: int) -> int | None:
    """Return the signals for which a process has a handler; None where the system does not tell."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("SigCgt:"):
                return int(line.partition(":")[2], 16)
    return None


def _send(run: RunRecord, driver: Driver, number: int) -> None:
    """Send a signal to the very process that recorded the run. Nothing happens when it has just ended."""
    try:
        with _held(driver.pid) as send:
            if driver.alive():
                send(number)
    except ProcessLookupError:
        return
    except PermissionError:
        raise RunError(
            f"run {run.id} is driven by process {driver.pid} of somebody else, whom you may not signal; ask them, or use sudo"
        ) from None


@contextlib.contextmanager
def _held(pid: int) -> Any:
    """Give a function that signals the process of a number, and no later one that is given the same number meanwhile."""
    if not hasattr(os, "pidfd_open"):
        yield lambda number: os.kill(pid, number)
        return
    descriptor = os.pidfd_open(pid)
    try:
        yield lambda number: signal.pidfd_send_signal(descriptor, number)
    finally:
        os.close(descriptor)


def _kill(run: RunRecord, driver: Driver) -> None:
    """Kill a driver and every process below it."""
    below = _below(driver)
    _send(run, driver, getattr(signal, "SIGKILL", signal.SIGTERM))
    for process in below:
        with contextlib.suppress(Exception):  # it has ended with its parent
            process.kill()


def _below(driver: Driver) -> Sequence[Any]:
    """Return the processes below a driver; each knows when it was started, and signals no other."""
    import psutil

    try:
        found: Sequence[Any] = psutil.Process(driver.pid).children(recursive=True) if driver.alive() else ()
    except psutil.Error:
        return ()
    return found


def _ended(history: History, run_id: str, patience: float) -> bool:
    """Wait until the history says that a run has ended: its driver wrote that, or is gone."""
    return _comes_true(lambda: history.run(run_id).state.ended, patience)


def _comes_true(condition: Callable[[], bool], patience: float) -> bool:
    deadline = time.monotonic() + patience
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_LOOK)
    return True

"""Prepare a process to perform tasks for a driver, and end it when the driver ends."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time

_WATCH = 1.0
"""Seconds between two looks of a worker whether its driver is still there."""


def begin(driver: int) -> None:
    """Make this process a worker of the driver of that process id.

    It leaves Ctrl-C to its driver, has nothing to read, and shows nothing of its own: what a step prints goes to the
    step's log. It leads a process group, so that all that steps start can be found when it has died.
    """
    if hasattr(os, "setpgid"):
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])  # the driver blocked it while we started
    _detach()
    threading.Thread(target=_watch, args=(driver,), name="penstock-watch", daemon=True).start()


def nothing() -> None:
    """Show that a worker is up."""


def _detach() -> None:
    """Read from nowhere and write to nowhere, outside of steps."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def _watch(driver: int) -> None:
    while os.getppid() == driver:
        time.sleep(_WATCH)
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()
    os._exit(1)

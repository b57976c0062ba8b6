"""Tell whether the process that recorded a run is still the one that has its number."""

from __future__ import annotations

import os
import sys

from .. import pids
from ..pids import place

_LINUX = sys.platform.startswith("linux")


def host() -> str:
    """Return the name of this machine."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform

    return platform.node()


def identity(pid: int) -> str | None:
    """Return what tells a process from all others that have its number: where it lives and when it was started.

    None when it is gone, and an empty text when it is there but hidden. Linux is asked directly, in ticks since a named
    boot and by the namespace of the number: a changed clock, a reboot or a container does not confuse that, and psutil
    need not be imported.
    """
    started = pids.started(pid) if _LINUX else _started(pid)
    return f"{place()}/{started}" if started else started


def alive(pid: int, recorded: str) -> bool | None:
    """Tell whether the process of that number is the one of that identity. None where that cannot be seen from here.

    It cannot from another container, or from another machine of the same name.
    """
    if not recorded or recorded.rpartition("/")[0] != place():
        return None
    found = identity(pid)
    return found is not None and (not found or found == recorded)


def _started(pid: int) -> str | None:
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return ""

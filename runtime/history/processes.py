"""Tell whether the process that recorded a run is still the one that has its number."""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from pathlib import Path

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
    started = _started_on_linux(pid) if _LINUX else _started(pid)
    return f"{_place()}/{started}" if started else started


def alive(pid: int, recorded: str) -> bool | None:
    """Tell whether the process of that number is the one of that identity. None where that cannot be seen from here.

    It cannot from another container, or from another machine of the same name.
    """
    if not recorded or recorded.rpartition("/")[0] != _place():
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


def _started_on_linux(pid: int) -> str | None:
    try:
        # The second field is the program's name in brackets, and may hold anything, brackets and spaces too.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "" if _hidden(pid) else None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else started


def _hidden(pid: int) -> bool:
    """Tell whether a process exists that the kernel does not show to this user."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return False


@functools.cache
def _place() -> str:
    """Return which boot of a machine, and which namespace of it, the numbers of processes belong to."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    return ""

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
    """Return what tells a process from later ones of the same number: when it was started. None when it is gone.

    Linux is asked directly, in ticks since a named boot: neither a changed clock nor a reboot confuses that, and
    psutil need not be imported.
    """
    if _LINUX:
        return _linux_identity(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None
    except psutil.AccessDenied:
        return ""


def alive(pid: int, recorded: str) -> bool:
    """Tell whether the process with that number is the one of that identity. When in doubt, it is."""
    found = identity(pid)
    return found is not None and (not found or not recorded or found == recorded)


def _linux_identity(pid: int) -> str | None:
    try:
        # The second field is the program's name in brackets, and may hold anything, brackets and spaces too.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "" if _hidden(pid) else None
    state, started = fields[0], fields[19]
    return None if state in "ZX" else f"{_boot()}/{started}"


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
def _boot() -> str:
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""

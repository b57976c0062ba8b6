"""Ask Linux about processes by their number, and where such a number means what it means here."""

from __future__ import annotations

import contextlib
import functools
import os
from pathlib import Path


@functools.cache
def place() -> str:
    """Return which boot of a machine, and which namespace of it, this process lives in; empty where that is unknown."""
    with contextlib.suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}/{Path('/proc/self/ns/pid').readlink()}"
    return ""


def started(pid: int) -> str | None:
    """Return when a process was started, in ticks since the boot; None when it is gone, empty when it is hidden."""
    try:
        # The second field is the program's name in brackets, and may hold anything, brackets and spaces too.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "" if _hidden(pid) else None
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else ticks


def _hidden(pid: int) -> bool:
    """Tell whether a process exists that the kernel does not show to this user."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return False

"""Name the processes that keep others from writing to an SQLite file, where the system tells that."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_LOCKS = Path("/proc/locks")
"""Linux: a line for each lock on a file, such as ``1: POSIX  ADVISORY  WRITE 4217 fe:00:2523219 120 120``."""

_SHOWN = 80
"""Characters of a command that are shown."""


def holders(path: Path) -> tuple[str, ...]:
    """Return the processes that hold a lock for writing on a database or its journal: number and command of each.

    None where nobody does any more, on systems that do not tell, and for processes of other containers or machines. Nothing is
    opened: to close a file would give up the locks that this process has on it.
    """
    try:
        lines = _LOCKS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ()
    files = set(_identities(path))
    found = [fields[4:6] for fields in map(str.split, lines) if fields[3:4] == ["WRITE"] and fields[1] == "POSIX"]
    pids = dict.fromkeys(int(pid) for pid, file in found if file in files and pid.isdecimal())
    return tuple(_named(pid) for pid in pids if pid not in (0, os.getpid()))


def _identities(path: Path) -> Iterator[str]:
    """Yield how the files of a database are called in the list of locks."""
    for one in (path, path.with_name(f"{path.name}-shm")):
        try:
            status = one.stat()
        except OSError:
            continue
        yield f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"


def _named(pid: int) -> str:
    """Return the number of a process with its command, if that can be seen."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        command = ""
    short = command if len(command) <= _SHOWN else f"{command[:_SHOWN]}..."
    return f"{pid} ({' '.join(short.split())})" if short else str(pid)

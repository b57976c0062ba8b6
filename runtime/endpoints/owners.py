"""Name the server that holds a request, so that another one on the same machine can tell when it is gone."""

from __future__ import annotations

import os
import secrets

from ..history import processes
from ..history.drivers import Driver


def new_owner() -> str:
    """Return a name for a server in this process: its machine, its number, what tells it from all others of that number, and a random part."""
    pid = os.getpid()
    return f"{processes.host()} {pid} {processes.identity(pid) or '-'} {secrets.token_hex(6)}"


def is_dead(owner: str) -> bool:
    """Say whether a server is known to be gone; False where that cannot be seen from here."""
    parts = owner.split(" ")
    if len(parts) != 4 or not parts[1].isdecimal():
        return False
    host, pid, identity, _ = parts
    return Driver(host, int(pid), identity).alive() is False

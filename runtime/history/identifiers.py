"""Name runs: when they began, and four characters that nobody mistakes for others."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"
"""Digits and letters without 0, 1, i, l and o."""

_LENGTH = 4

_chance = random.SystemRandom()  # what `secrets` is made of, which imports cryptography beside
_lock = threading.Lock()
_given: dict[str, set[str]] = {}


def new_run_id(now: float | None = None) -> str:
    """Return an id such as ``20261122-204338-x7qd``; ``now`` is in seconds since the epoch, the id in UTC.

    Ids sort by second. This process never gives one twice; two processes in the same second meet by chance once in
    924,000 times, and :meth:`penstock.runtime.workspace.Workspace.new_run` rules that out too.
    """
    moment = datetime.fromtimestamp(time.time() if now is None else now, UTC)
    second = moment.strftime("%Y%m%d-%H%M%S")
    with _lock:
        endings = _endings(second)
        ending = _ending()
        while ending in endings:
            ending = _ending()
        endings.add(ending)
    return f"{second}-{ending}"


def _endings(second: str) -> set[str]:
    """Return the endings that were given in that second; only a few seconds are remembered."""
    while second not in _given and len(_given) >= 8:
        del _given[next(iter(_given))]
    return _given.setdefault(second, set())


def _ending() -> str:
    return "".join(_chance.choice(ALPHABET) for _ in range(_LENGTH))

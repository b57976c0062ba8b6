"""Count requests by address, and say when there are too many."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import final

_MOST = 10_000
"""Addresses that are remembered; when there are more, those that have been quiet are forgotten."""


@final
class Rates:
    """A bucket for each key, which fills with ``rate`` tokens a second up to ``burst``; a request takes one."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> float:
        """Take a token; return 0, or the seconds until there is one."""
        now = self._clock()
        left = self._left(key, now)
        if left < 1:
            self._buckets[key] = (left, now)
            return (1 - left) / self._rate
        self._buckets[key] = (left - 1, now)
        return 0.0

    def is_empty(self, key: str) -> bool:
        """Say whether there is no token, and take none."""
        return self._left(key, self._clock()) < 1

    def _left(self, key: str, now: float) -> float:
        if len(self._buckets) > _MOST:
            self._forget(now)
        left, then = self._buckets.get(key, (self._burst, now))
        return min(self._burst, left + (now - then) * self._rate)

    def _forget(self, now: float) -> None:
        quiet = self._burst / self._rate
        self._buckets = {key: bucket for key, bucket in list(self._buckets.items()) if now - bucket[1] < quiet}

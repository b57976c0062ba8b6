"""Do the work with loky's pool alone: nothing is kept."""

from __future__ import annotations

import time

from joblib.externals.loky import get_reusable_executor

DISTRIBUTION = "joblib"


def add(x: int, y: int) -> int:
    return x + y


def fan_out(size: int) -> float:
    """A submit a call, and the sum of what they return."""
    start = time.perf_counter()
    pool = get_reusable_executor(max_workers=2)
    futures = [pool.submit(add, number, 1) for number in range(size)]
    total = sum(future.result() for future in futures)
    pool.shutdown()
    seconds = time.perf_counter() - start
    assert total == size * (size + 1) // 2
    return seconds

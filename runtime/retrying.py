"""Decide whether a failed step is tried again, and when."""

from __future__ import annotations

from ..compilers.graph import Retry
from .failures import Failure


def is_retried(failure: Failure, retry: Retry) -> bool:
    """Say whether a failure is of a class that is followed by another attempt."""
    if not retry.on:
        return True
    error = failure.exception
    kinds = {f"{kind.__module__}:{kind.__qualname__}" for kind in type(error).__mro__}
    # An exception that could not be carried over is known by its name only.
    return not kinds.isdisjoint(retry.on) or failure.kind in {name.rpartition(":")[2] for name in retry.on}


def delay_after(attempt: int, retry: Retry) -> float:
    """Return the seconds between an attempt, counted from 1, and the next."""
    try:
        return min(retry.longest, retry.delay * retry.factor ** (attempt - 1))
    except OverflowError:
        return retry.longest

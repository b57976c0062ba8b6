"""Do the work with a large array with Penstock: workers map the stored one. Apart from the rest, which needs no numpy."""

from __future__ import annotations

import numpy as np
from with_penstock import timed

from penstock import pipeline, step

DISTRIBUTION = "penstock"


@step
def make_array(length: int) -> np.ndarray:
    return np.arange(length)


@step
def read_array(array: np.ndarray, part: int) -> int:
    return int(array.sum()) + part


@pipeline
def reading(length: int) -> list[int]:
    made = make_array(length)
    return [read_array(made, part) for part in range(4)]


def array(length: int) -> float:
    """One step makes an array, four read it."""
    seconds, result, _ = timed(reading, length=length)
    assert result == [length * (length - 1) // 2 + part for part in range(4)]
    return seconds

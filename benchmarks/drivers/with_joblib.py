"""Do the work with joblib: ``Memory`` keeps every result, ``Parallel`` runs two at a time."""

from __future__ import annotations

import time

from joblib import Memory, Parallel, delayed
from with_plain import spin

DISTRIBUTION = "joblib"

memory = Memory("memory", verbose=0)
mapping = Memory("memory", verbose=0, mmap_mode="r")


@memory.cache
def add(x, y):
    return x + y


@memory.cache
def total(numbers):
    return sum(numbers)


busy = memory.cache(spin)


def chain(size: int) -> float:
    """A chain of kept calls."""
    start = time.perf_counter()
    state = 0
    for number in range(size):
        state = add(state, number)
    seconds = time.perf_counter() - start
    assert state == sum(range(size))
    return seconds


def fan_out(size: int) -> float:
    """Kept calls on two workers, and a kept call that joins them."""
    start = time.perf_counter()
    numbers = Parallel(2)(delayed(add)(number, 1) for number in range(size))
    result = total(numbers)
    seconds = time.perf_counter() - start
    assert result == size * (size + 1) // 2
    return seconds


def independent(size: int) -> float:
    """Independent kept calls in a loop."""
    start = time.perf_counter()
    values = [add(number, 1) for number in range(size)]
    seconds = time.perf_counter() - start
    assert values == list(range(1, size + 1))
    return seconds


def cpu_bound(size: int, each: float) -> float:
    """CPU-bound kept calls on two workers."""
    start = time.perf_counter()
    values = Parallel(2)(delayed(busy)(each, number) for number in range(size))
    seconds = time.perf_counter() - start
    assert values == list(range(size))
    return seconds


@mapping.cache
def make_array(length):
    import numpy as np

    return np.arange(length)


@memory.cache(ignore=["array"])  # else each consumer hashes all of it
def read_array(array, part):
    return int(array.sum()) + part


def array(length: int) -> float:
    """Keep an array once, and have two workers map it four times."""
    start = time.perf_counter()
    made = make_array(length)
    totals = Parallel(2)(delayed(read_array)(made, part) for part in range(4))
    seconds = time.perf_counter() - start
    assert totals == [length * (length - 1) // 2 + part for part in range(4)]
    return seconds

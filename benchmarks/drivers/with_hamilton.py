"""Do the work with Hamilton and its cache: nodes are parametrised functions, of a module that is written for the size."""

from __future__ import annotations

import importlib
import logging
import sys
import time
from pathlib import Path

from hamilton import driver
from hamilton.execution import executors

DISTRIBUTION = "sf-hamilton"

logging.getLogger("hamilton").setLevel(logging.ERROR)

HEAD = """
from hamilton.function_modifiers import group, inject, parameterize, source, value
from hamilton.htypes import Collect, Parallelizable

CALLS = []
"""

CHAIN = """
def link_0() -> int:
    CALLS.append(0)
    return 0

@parameterize(**{f"link_{n}": {"x": source(f"link_{n - 1}"), "y": value(n)} for n in range(1, SIZE)})
def link(x: int, y: int) -> int:
    CALLS.append(x)
    return x + y
"""

BRANCHES = """
@parameterize(**{f"add_{n}": {"x": value(n), "y": value(1)} for n in range(SIZE)})
def add(x: int, y: int) -> int:
    CALLS.append(x)
    return x + y

@inject(numbers=group(*[source(f"add_{n}") for n in range(SIZE)]))
def total(numbers: list[int]) -> int:
    return sum(numbers)
"""

PARALLEL = """
def number() -> Parallelizable[int]:
    yield from range(SIZE)

def added(number: int) -> int:
    CALLS.append(number)
    return number + 1

def total(added: Collect[int]) -> int:
    return sum(added)
"""


def written(name, text, size):
    """Write a module for a size into the working folder, and import it."""
    Path(f"{name}.py").write_text(f"SIZE = {size}\n{HEAD}{text}")
    sys.path.insert(0, str(Path.cwd()))
    return importlib.import_module(name)


def timed(module, wanted, expected, builder=None):
    """Build a driver with a cache, compute one node, and return the seconds."""
    start = time.perf_counter()
    made = (builder or driver.Builder()).with_modules(module).with_cache(path="cache").build()
    result = made.execute([wanted])
    seconds = time.perf_counter() - start
    assert result[wanted] == expected
    return seconds


def chain(size):
    sys.setrecursionlimit(max(10_000, 100 * size))  # it walks its graph by recursion
    module = written("hamilton_chain", CHAIN, size)
    return timed(module, f"link_{size - 1}", sum(range(size)))


def fan_out(size):
    module = written("hamilton_parallel", PARALLEL, size)
    builder = driver.Builder().enable_dynamic_execution(allow_experimental_mode=True)
    builder = builder.with_remote_executor(executors.MultiProcessingExecutor(max_tasks=2))
    return timed(module, "total", size * (size + 1) // 2, builder)


def independent(size):
    module = written("hamilton_branches", BRANCHES, size)
    return timed(module, "total", size * (size + 1) // 2)


def reused(size):
    seconds = independent(size)
    assert not sys.modules["hamilton_branches"].CALLS
    return seconds

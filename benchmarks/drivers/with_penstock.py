"""Do the work with Penstock: every result stored, every step run recorded and explainable, on two workers."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

from penstock import Local, Run, State, Static, pipeline, step

DISTRIBUTION = "penstock"

_LOADED = (
    "penstock.compilers.lowering.compiling",
    "penstock.compilers.serialisation",
    "penstock.runtime.runners.early",
    "penstock.runtime.runners.execution",
    "penstock.runtime.history.opening",
    "penstock.runtime.history.queries",
    "penstock.runtime.history.recorder",
    "penstock.runtime.history.sqlite",
)
"""What is loaded at the first run: imports are left out of the time, as those of the others are."""


@step
def add(x: int, y: int) -> int:
    return x + y


@step
def total(numbers: list[int]) -> int:
    return sum(numbers)


@step
def busy(seconds: float, number: int) -> int:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    return number


@step
def talk(seconds: float, number: int) -> int:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass
    print("step", number, "of many")
    return number


@pipeline
def chained(size: Static[int]) -> int:
    state = add(0, 0)
    for number in range(1, size):
        state = add(state, number)
    return state


@pipeline
def joined(size: Static[int]) -> int:
    return total([add(number, 1) for number in range(size)])


@pipeline
def apart(size: Static[int]) -> list[int]:
    return [add(number, 1) for number in range(size)]


@pipeline
def computing(size: Static[int], each: float) -> list[int]:
    return [busy(each, number) for number in range(size)]


@pipeline
def talking(size: Static[int], each: float) -> list[int]:
    return [talk(each, number) for number in range(size)]


def timed(work: Callable[..., object], *, display: str = "none", **parameters: Any) -> tuple[float, object, Run]:
    """Run a pipeline in the working folder, and return the seconds until its result was there, the result and the run."""
    runner = Local(jobs=2, display=display, workspace=".")
    for module in _LOADED:
        importlib.import_module(module)
    start = time.perf_counter()
    run = runner.run(work, **parameters)
    result = run.result()
    return time.perf_counter() - start, result, run


def chain(size: int) -> float:
    """A chain of steps."""
    seconds, result, _ = timed(chained, size=size)
    assert result == sum(range(size))
    return seconds


def fan_out(size: int) -> float:
    """Independent steps and one that joins them."""
    seconds, result, _ = timed(joined, size=size)
    assert result == size * (size + 1) // 2
    return seconds


def independent(size: int) -> float:
    """Independent steps that have not run yet."""
    seconds, result, run = timed(apart, size=size)
    assert result == list(range(1, size + 1))
    assert {one.state for one in run.steps.values()} == {State.COMPLETED}
    return seconds


def reused(size: int) -> float:
    """Independent steps that are all reused."""
    seconds, result, run = timed(apart, size=size)
    assert result == list(range(1, size + 1))
    assert {one.state for one in run.steps.values()} == {State.REUSED}
    return seconds


def cpu_bound(size: int, each: float) -> float:
    """CPU-bound steps."""
    seconds, result, _ = timed(computing, size=size, each=each)
    assert result == list(range(size))
    return seconds


def watched(size: int, each: float) -> float:
    """Steps that print, with the live tree on a terminal and the history."""
    assert sys.stderr.isatty()
    seconds, result, run = timed(talking, display="tree", size=size, each=each)
    assert result == list(range(size))
    assert all(one.logs for one in list(run.steps.values())[:5])
    return seconds


class Unrecorded:
    """Stands in for the recorder of the history."""

    def __call__(self, _event: object) -> None:
        """Forget it."""

    def close(self) -> None:
        """Do nothing."""


def unwatched(size: int, each: float) -> float:
    """The same steps without a line of output, without display and without history."""
    from penstock.runtime.workspace import Workspace

    Workspace.recorder = lambda _workspace: Unrecorded()
    seconds, result, _ = timed(computing, size=size, each=each)
    assert result == list(range(size))
    return seconds

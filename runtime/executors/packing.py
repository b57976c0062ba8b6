"""Write tasks as bytes for another process, and read them there."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Final

from attrs import frozen

from ..tasks import Task

if TYPE_CHECKING:
    from ..segments import Segment

_END: Final = b"\n"
"""Ends a step's name, which has no lines."""


@frozen
class Unreadable:
    """What a worker answers where it cannot read its task, or cannot write how it ended. ``problem`` says why."""

    problem: str


def pack(work: Task | Segment) -> bytes:
    """Write a task, or several, behind the name of the first.

    Raises what pickling raises for a plain value of a class that nobody can import.
    """
    first = work if isinstance(work, Task) else work.links[0].task
    return first.step.encode() + _END + pickle.dumps(work, protocol=pickle.HIGHEST_PROTOCOL)


def step_of(data: bytes) -> str:
    """Read the name of the first step of what was packed."""
    return data[: data.index(_END)].decode()


def unpack(data: bytes) -> Task | Segment | Unreadable:
    """Read a task, or several."""
    try:
        task: Task | Segment = pickle.loads(memoryview(data)[data.index(_END) + 1 :])
    except BaseException as error:  # importing the module of a class runs the user's code, which may call sys.exit
        return Unreadable(f"{type(error).__name__}: {error}")
    return task


def read(data: bytes) -> object:
    """Read what a worker has sent. Raises ValueError for what it has not."""
    try:
        return pickle.loads(data)
    except Exception as error:
        raise ValueError(f"{len(data)} bytes that are no message ({type(error).__name__})") from error

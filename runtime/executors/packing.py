"""Write tasks as bytes for another process, and read them there."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from attrs import frozen

from ..tasks import Task

if TYPE_CHECKING:
    from ..segments import Segment


@frozen
class Unreadable:
    """What a worker answers where it cannot read its task, or cannot write how it ended. ``problem`` says why."""

    problem: str


def pack(task: Task | Segment) -> bytes:
    """Write a task, or several. Raises what pickling raises for a plain value of a class that nobody can import."""
    return pickle.dumps(task, protocol=pickle.HIGHEST_PROTOCOL)


def unpack(data: bytes) -> Task | Segment | Unreadable:
    """Read a task, or several."""
    try:
        task: Task | Segment = pickle.loads(data)
    except BaseException as error:  # importing the module of a class runs the user's code, which may call sys.exit
        return Unreadable(f"{type(error).__name__}: {error}")
    return task

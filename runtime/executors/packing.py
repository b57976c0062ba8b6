"""Write tasks as bytes for another process, and read them there."""

from __future__ import annotations

import functools
import pickle
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import attrs

from ..answers import Unreadable
from ..tasks import Task

if TYPE_CHECKING:
    from ..segments import Segment

_END: Final = b"\n"
"""Ends a step's name, which has no lines."""

_TASK: Final = b"t"
_SEGMENT: Final = b"s"
"""What follows."""

_SIZE: Final = 8
"""Bytes that say how long it is what a task has of its own."""

_OWN: Final = ("step", "inputs", "datastores", "attempt", "gpus")
"""What a task has of its own, as :meth:`.Task.of` takes it. The rest is that of many tasks: it is written, and read, once for all that come in a row."""

_COMMON: Final = tuple(attribute.name for attribute in attrs.fields(Task) if attribute.name not in _OWN)

_own, _common = attrgetter(*_OWN), attrgetter(*_COMMON)


def pack(work: Task | Segment) -> bytes:
    """Write a task, or several, behind the name of the first.

    Raises what pickling raises for a plain value of a class that nobody can import.
    """
    if not isinstance(work, Task):
        return work.links[0].step.encode() + _END + _SEGMENT + _dumps(work)
    own, common = _dumps(_own(work)), _written(_common(work))
    return b"".join((work.step.encode(), _END, _TASK, len(own).to_bytes(_SIZE, "big"), own, common))


def _dumps(value: object) -> bytes:
    return pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)


def _written(common: tuple[Any, ...]) -> bytes:
    """Write what a task has in common with others: mostly it is what the last one had."""
    known, data = _LAST[0]
    if known != common:
        data = _dumps(common)
        _LAST[0] = common, data
    return data


_LAST: Final[list[tuple[tuple[Any, ...], bytes]]] = [((), b"")]
"""What the last task that was packed has in common with others, and how that is written."""


def step_of(data: bytes) -> str:
    """Read the name of the first step of what was packed."""
    return data[: data.index(_END)].decode()


def unpack(data: bytes) -> Task | Segment | Unreadable:
    """Read a task, or several."""
    try:
        kind = data.index(_END) + 1
        begin = kind + len(_TASK)
        if data[kind:begin] == _SEGMENT:
            segment: Segment = pickle.loads(memoryview(data)[begin:])
            return segment
        middle = begin + _SIZE
        end = middle + int.from_bytes(data[begin:middle], "big")
        return _like(data[end:]).of(*pickle.loads(memoryview(data)[middle:end]))
    except BaseException as error:  # importing the module of a class runs the user's code, which may call sys.exit
        return Unreadable(f"{type(error).__name__}: {error}")


@functools.lru_cache(maxsize=64)
def _like(data: bytes) -> Task:
    """Read what tasks have in common, as a task that has nothing of its own."""
    return Task(step="", inputs={}, **dict(zip(_COMMON, pickle.loads(data), strict=True)))


def read(data: bytes) -> object:
    """Read what a worker has sent. Raises ValueError for what it has not."""
    try:
        return pickle.loads(data)
    except Exception as error:
        raise ValueError(f"{len(data)} bytes that are no message ({type(error).__name__})") from error

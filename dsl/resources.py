"""Say what a step asks of the machine that runs it."""

from __future__ import annotations

import re

from attrs import field, frozen

from .checks import check, count, is_whole, positive, wrong

_UNITS = {"": 1, "B": 1}
_UNITS |= {f"{prefix}B": 1000**power for power, prefix in enumerate("kMGT", start=1)}
_UNITS |= {f"{prefix}iB": 1024**power for power, prefix in enumerate("KMGT", start=1)}
_SIZE = r"\s*(\d+(?:\.\d+)?)\s*([A-Za-z]*)\s*"


def _to_bytes(memory: int | str | None) -> int | None:
    if memory is None or (isinstance(memory, int) and not isinstance(memory, bool) and memory > 0):
        return memory
    match = re.fullmatch(_SIZE, memory) if isinstance(memory, str) else None
    if match is None or match[2] not in _UNITS:
        raise wrong(f"memory={memory!r} is no amount of memory; write bytes as an int, or text like '512MiB' or '4GiB'")
    size = int(float(match[1]) * _UNITS[match[2]])
    if size == 0:
        raise wrong(f"memory={memory!r} is less than one byte; expected an amount above 0")
    return size


@frozen
class Resources:
    """What a step asks of the machine that runs it.

    ``memory`` is in bytes or text such as ``"4GiB"``. A machine with less clips the request and warns once.
    """

    cpus: float | None = field(default=None, validator=positive)
    memory: int | None = field(default=None, converter=_to_bytes)
    gpus: int = field(default=0, validator=count)
    nodes: int = field(default=1, validator=check("a whole number from 1", lambda n: is_whole(n) and n >= 1))

"""Perform tasks: a task in, a future of its outcome out.

All of it is loaded when it is asked for: a worker, whose modules are here as well, has no use for executors, and a run for one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .inline import InlineExecutor
    from .pools import start_pool
    from .protocol import (
        Executor,
        GatheringExecutor,
        NotBegun,
        SegmentExecutor,
        Tell,
        TellingExecutor,
        WarmExecutor,
        submitting,
    )

__all__ = [
    "Executor",
    "GatheringExecutor",
    "InlineExecutor",
    "NotBegun",
    "SegmentExecutor",
    "Tell",
    "TellingExecutor",
    "WarmExecutor",
    "start_pool",
    "submitting",
]

_HOMES = dict.fromkeys(__all__, "protocol") | {"InlineExecutor": "inline", "start_pool": "pools"}

__getattr__ = loaded_on_first_use(__name__, _HOMES)

"""Perform tasks: a task in, a future of its outcome out.

What an executor is is loaded when it is asked for: a worker, whose modules are here as well, has no use for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
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
    "NotBegun",
    "SegmentExecutor",
    "Tell",
    "TellingExecutor",
    "WarmExecutor",
    "submitting",
]

__getattr__ = loaded_on_first_use(__name__, dict.fromkeys(__all__, "protocol"))

"""Name the states of runs and step runs."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """Where a run or a step run stands. ``REUSED`` and ``SKIPPED`` are for step runs only."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    REUSED = "reused"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"

    def __str__(self) -> str:
        return self.value

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        return self not in (State.PENDING, State.RUNNING)

    @property
    def succeeded(self) -> bool:
        """Whether outputs are there to be used."""
        return self in (State.COMPLETED, State.REUSED)

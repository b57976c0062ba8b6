"""Name how a pipeline can end, for the steps that clean up after it."""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """How the steps of a pipeline ended; a parameter of a cleanup step that is annotated with it receives it.

    A member equals its text: ``status == "failed"``. See :func:`penstock.on_exit`.
    """

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

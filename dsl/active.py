"""Tell which recording is going on."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .recording import Recording

ACTIVE: ContextVar[Recording | None] = ContextVar("penstock_recording", default=None)


def active() -> Recording | None:
    """Return the recording that is going on, or None."""
    return ACTIVE.get()

"""List what REST callers can ask for, one module for each kind of thing."""

from __future__ import annotations

from ..actions import Action
from . import calls, cleanings, computes, endpoints, events, health, logs, outputs, runs, schedules, tokens

API: tuple[Action, ...] = (
    *calls.ACTIONS,
    *runs.ACTIONS,
    *outputs.ACTIONS,
    *events.ACTIONS,
    *logs.ACTIONS,
    *endpoints.ACTIONS,
    *schedules.ACTIONS,
    *tokens.ACTIONS,
    *cleanings.ACTIONS,
    *computes.ACTIONS,
    *health.ACTIONS,
)
"""Whatever is asked for most often comes first."""

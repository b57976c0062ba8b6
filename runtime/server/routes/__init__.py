"""List everything that the server can be asked for, one module for each kind of thing."""

from __future__ import annotations

from ..actions import Action
from . import events, health, logs, runs

ACTIONS: tuple[Action, ...] = (*runs.ACTIONS, *events.ACTIONS, *logs.ACTIONS, *health.ACTIONS)

__all__ = ["ACTIONS"]

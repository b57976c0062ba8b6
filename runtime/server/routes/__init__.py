"""List everything that the server can be asked for."""

from __future__ import annotations

from ..actions import Action
from . import documents
from .all import API

ACTIONS: tuple[Action, ...] = (*API, *documents.ACTIONS)

__all__ = ["ACTIONS"]

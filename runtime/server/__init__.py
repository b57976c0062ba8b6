"""Serve a workspace over HTTP: its endpoints, runs, schedules and pages."""

from __future__ import annotations

from .app import create_app
from .serving import serve
from .settings import EntraID, Settings

__all__ = ["EntraID", "Settings", "create_app", "serve"]

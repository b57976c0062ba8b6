"""Serve a workspace over HTTP: its endpoints, runs, schedules and pages."""

from __future__ import annotations

from .app import create_app
from .serving import first_token, serve
from .settings import EntraID, Settings

__all__ = ["EntraID", "Settings", "create_app", "first_token", "serve"]

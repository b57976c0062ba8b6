"""Load the server, which is an extra."""

from __future__ import annotations

import importlib
from types import ModuleType

from .errors import CommandError


def import_server() -> ModuleType:
    """Return the server's package. Raises CommandError where its libraries are not installed."""
    try:
        return importlib.import_module("..server", __package__)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("penstock"):
            raise
        raise CommandError(f"serving needs {error.name}: install penstock[server]") from error

"""Write a graph as a document of some other system, or of ours. One format a module, found by name."""

from __future__ import annotations

from .registry import available, write_as

__all__ = ["available", "write_as"]

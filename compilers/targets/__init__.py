"""Write a graph as a document of some other system, or of ours. One format a module, found by name."""

from __future__ import annotations

from .registry import SENDS_CODE, available, write_as

__all__ = ["SENDS_CODE", "available", "write_as"]

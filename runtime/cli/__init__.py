"""Offer everything on the command line: ``penstock``."""

from .program import main

__all__ = ["main"]

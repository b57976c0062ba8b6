"""Show runs and graphs to people in a terminal."""

from .displays import Display, Mode, display

__all__ = ["Display", "Mode", "display"]

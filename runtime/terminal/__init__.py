"""Show runs and graphs to people in a terminal. What draws is loaded when there is something to draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .displays import Display, Mode, display, is_live
    from .lines import Lines
    from .marks import showable
    from .tree import Tree, new_console

__all__ = ["Display", "Lines", "Mode", "Tree", "display", "is_live", "new_console", "showable"]

_HOMES = {
    "Display": "displays",
    "Lines": "lines",
    "Mode": "displays",
    "Tree": "tree",
    "display": "displays",
    "is_live": "displays",
    "new_console": "tree",
    "showable": "marks",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)

"""Make it happen: run graphs, store what they make, remember, and show.

A few things are loaded by their names when they are first used, since workers import what has a use for them and make none:
the module of a step names ``run`` and ``Workspace``, which only whoever drives a run needs, and few workers get a segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .chaining import perform_segment
    from .channels import link_to
    from .cleaning import clean
    from .comparisons import compared
    from .configuration import settings_upward
    from .exports import document
    from .inputs import keep_inputs, kept_inputs
    from .rehearsals import Rehearsal
    from .resolution import Values, named_parts
    from .workspace import Workspace

__all__ = [
    "Rehearsal",
    "Values",
    "Workspace",
    "clean",
    "compared",
    "document",
    "keep_inputs",
    "kept_inputs",
    "link_to",
    "named_parts",
    "perform_segment",
    "settings_upward",
]

_HOMES = {
    "Rehearsal": "rehearsals",
    "Values": "resolution",
    "Workspace": "workspace",
    "clean": "cleaning",
    "compared": "comparisons",
    "document": "exports",
    "keep_inputs": "inputs",
    "kept_inputs": "inputs",
    "link_to": "channels",
    "named_parts": "resolution",
    "perform_segment": "chaining",
    "settings_upward": "configuration",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)

"""Find what makes a pipeline give its steps something else each time."""

from __future__ import annotations

from collections.abc import Iterator

from .examined import Examined, Scene, shown
from .findings import Remark
from .flowing import is_only_told
from .rule_clocks import time_in_result
from .rule_randomness import entropy, unseeded_random

_SOURCES = (unseeded_random, entropy, time_in_result)


def changing_argument(code: Examined, scene: Scene) -> Iterator[Remark]:
    """Remark values in a pipeline's own body that are new whenever it is recorded."""
    for source in _SOURCES:
        for found in source(code, scene):
            if found.node is None or is_only_told(code, found.node):
                continue
            yield Remark(
                found.node,
                f"{shown(found.node)} is evaluated whenever the pipeline is recorded, and gives something new: steps that get "
                "it can never be reused",
                "make it a parameter of the pipeline, or move it into a step",
            )

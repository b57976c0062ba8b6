"""Find a target by its name: built in, or brought by a distribution through the entry points ``penstock.targets``."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from importlib import metadata
from typing import TypeAlias, cast

from ..errors import UnknownTarget
from ..graph import Graph

Target: TypeAlias = Callable[[Graph], str]
"""Turns a verified graph into a document, as text."""

BUILT_IN = ("azureml", "json", "mermaid")
GROUP = "penstock.targets"


def write_as(graph: Graph, target: str) -> str:
    """Return the graph as a target's document. Raises UnknownTarget, and what the target itself refuses."""
    return _find(target)(graph)


SENDS_CODE = frozenset({"azureml"})
"""The targets whose documents name the code of each step, which lies beside them."""


def available() -> tuple[str, ...]:
    """Name every target that is installed."""
    return tuple(sorted({*BUILT_IN, *(point.name for point in metadata.entry_points(group=GROUP))}))


def _find(name: str) -> Target:
    if name in BUILT_IN:
        module = importlib.import_module(f".{name}", __package__)
        return cast("Target", module.write)
    for point in metadata.entry_points(group=GROUP, name=name):
        return cast("Target", point.load())
    raise UnknownTarget(name, available())

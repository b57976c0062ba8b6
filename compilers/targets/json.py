"""Write a graph as its own JSON document."""

from __future__ import annotations

from ..graph import Graph
from ..serialisation import to_json


def write(graph: Graph) -> str:
    """Return the document; see :mod:`penstock.compilers.serialisation`."""
    return to_json(graph)

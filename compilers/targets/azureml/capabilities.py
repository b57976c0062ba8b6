"""Declare what Azure Machine Learning cannot express, and refuse it with the node named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import UnsupportedByTarget
from ...graph import Graph, Node
from .slots import ALTERNATIVES, TARGET

UNSUPPORTED: Mapping[str, Callable[[Node], bool]] = {
    "what depends on values of the run (each, when, repeat, on_exit)": lambda node: node.control is not None,
    "env=[...], variables of the machine that submits": lambda node: bool(node.options.env),
}
"""Features, in words, and whether a node uses them.

Three more are lowered: ``max_age`` to no reuse at all, since Azure knows no age; ``retries`` to attempts within one job;
``cpus`` and ``memory`` to the whole machine of the compute target, since a job of Azure always has that.
"""


def refuse(graph: Graph) -> None:
    """Raise UnsupportedByTarget for the first node that needs what Azure does not have."""
    for node in graph:
        for feature, is_used in UNSUPPORTED.items():
            if is_used(node):
                raise UnsupportedByTarget(node.id, feature, TARGET, ALTERNATIVES)

"""Declare what Azure Machine Learning cannot express, and refuse it with the node named."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...errors import UnsupportedByTarget
from ...graph import Graph, Node
from .parts import ALTERNATIVES, TARGET, faults, steps_within

UNSUPPORTED: Mapping[str, Callable[[Node], bool]] = {
    "env=[...], variables of the machine that submits": lambda node: any(
        inner.options.env for inner in steps_within(node)
    ),
}
"""Features, in words, and whether a node uses them.

Four more are lowered: ``each``, ``when`` and ``repeat`` to one job that runs what is inside them; ``max_age`` to no reuse at all, since Azure knows no age; ``retries`` to attempts within one job;
``cpus`` and ``memory`` to the whole machine of the compute target, since a job of Azure always has that.
"""


def refuse(graph: Graph) -> None:
    """Raise UnsupportedByTarget for the first node that needs what Azure does not have."""
    for node in graph:
        for feature, is_used in UNSUPPORTED.items():
            if is_used(node):
                raise UnsupportedByTarget(node.id, feature, TARGET, ALTERNATIVES)
    for step, feature in faults(graph):
        raise UnsupportedByTarget(step, feature, TARGET, ALTERNATIVES)

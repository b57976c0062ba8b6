"""Treat a part of the pipeline that depends on values of the run as one step: what identifies it, where it runs, what it needs.

Azure fixes the steps of a job when it is submitted. So a mapped call, a branch or a loop becomes one job, whose worker runs
the graphs inside it as a run on that machine.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from ...errors import UnsupportedByTarget
from ...graph import Graph, Literal, Node, NodeOptions, OnExit, OutputRef, When
from ...serialisation import digest
from ...traversal import leaves, nodes_within, output_refs
from .paths import holds_path

TARGET = "azureml"
ALTERNATIVES = ("json", "mermaid")
"""The targets that can express whatever a graph can."""


def steps_within(node: Node) -> tuple[Node, ...]:
    """Return the calls that a node stands for: itself, or those in the graphs inside it, however deep."""
    if node.control is None:
        return (node,)
    return tuple(inner for inner in nodes_within(Graph(node.name, (node,))) if inner.control is None)


def meaning(node: Node) -> str | None:
    """Return what identifies the code of a node: its fingerprint, or a digest of all inside it; None where some has none."""
    if node.control is None:
        return node.fingerprint
    if any(inner.fingerprint is None for inner in steps_within(node)):
        return None
    return digest(Graph(node.name, (attrs.evolve(node, inputs={}, after=(), group=None, id=node.name),)))


def may_be_reused(node: Node) -> bool:
    """Say whether an earlier result of a node may stand for a new one: all inside it allow that, however old."""
    inside = [inner.options for inner in steps_within(node)]
    return meaning(node) is not None and all(one.allow_reuse and one.max_age is None for one in inside)


def job_options(node: Node) -> NodeOptions:
    """Return the options of the job that runs a node: its own, or those that all inside it agree on.

    Raises UnsupportedByTarget where they name several compute targets, since the job has one.
    """
    if node.control is None:
        return node.options
    inside = [inner.options for inner in steps_within(node)]
    computes = {one.compute for one in inside if one.compute}
    if len(computes) > 1:
        raise UnsupportedByTarget(
            node.id, f"several compute targets inside one part ({', '.join(sorted(computes))})", TARGET, ALTERNATIVES
        )
    first = inside[0] if inside else NodeOptions()
    alike = all(
        (one.tags, one.environment, one.resources) == (first.tags, first.environment, first.resources) for one in inside
    )
    shared = first if alike else NodeOptions()
    return NodeOptions(
        compute=next(iter(computes), None), tags=shared.tags, environment=shared.environment, resources=shared.resources
    )


def faults(graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield each node that depends on values of the run in a way that no job can, and that way in words."""
    for node in graph:
        if isinstance(node.control, OnExit):
            yield node.id, "on_exit: a job has no step that runs however the others end"
        if node.control is not None:
            yield from (
                (node.id, problem)
                for inner in nodes_within(Graph(node.name, (node,)))
                if inner is not node
                for problem in _inner_faults(inner)
            )
        for name, binding in node.inputs.items():
            if name not in node.optional and any(_may_be_skipped(graph, ref) for ref in output_refs((binding,))):
                yield (
                    node.id,
                    f"{name!r}, taken from a branch that may be skipped, and not able to be None: give that when() an otherwise",
                )


def _inner_faults(node: Node) -> Iterator[str]:
    if isinstance(node.control, OnExit):
        yield "on_exit inside of a part that depends on values"
    for name, binding in node.inputs.items():
        if any(isinstance(leaf, Literal) and holds_path(leaf.value) for leaf in leaves(binding)):
            yield f"the path {name!r} inside of a part that depends on values; pass it in from outside"


def _may_be_skipped(graph: Graph, ref: OutputRef) -> bool:
    control = graph[ref.node].control
    return isinstance(control, When) and control.otherwise is None

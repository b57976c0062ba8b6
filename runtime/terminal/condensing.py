"""Condense a graph to as many lines as people can read: namesakes side by side become one, then nested pipelines do."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from attrs import frozen

from ...compilers.graph import Binding, Collection, Graph, Node, NodeOptions
from ...compilers.rendering import render_binding
from ...compilers.traversal import dependencies, generations, output_refs
from .marks import Marks

RESULT = "return"
"""The id of the stop that stands for what the pipeline returns; no node can have it, for it is a keyword."""

_NAMESAKES = 3
_LONGEST = 60
_SHOWN_ITEMS = 2

Key: TypeAlias = tuple[str, ...]
"""What the nodes of one stop have in common."""


@frozen
class Stop:
    """A line of a drawing: some nodes, or the result (no nodes). ``needs`` are the ids of earlier stops."""

    id: str
    text: str
    needs: tuple[str, ...]
    nodes: tuple[Node, ...] = ()
    group: str | None = None


def condensations(graph: Graph, marks: Marks) -> Iterator[list[Stop]]:
    """Yield the stops of a graph in an order in which everything comes after what it needs, ever fewer of them."""
    layer = {node: index for index, nodes in enumerate(generations(graph)) for node in nodes}
    families = _large_families(graph, layer)
    ways: tuple[Callable[[Node], Key], ...] = (
        lambda node: ("step", node.id),
        lambda node: families.get(node.id, ("step", node.id)),
        lambda node: (
            ("group", _outermost(graph, node.group)) if node.group else families.get(node.id, ("step", node.id))
        ),
    )
    for way in ways:
        stops = _in_order(_stops(graph, way, marks))
        if stops is not None:
            yield [*stops, _result(graph, way, marks)]


def _large_families(graph: Graph, layer: Mapping[str, int]) -> dict[str, Key]:
    """Give namesakes that stand equally deep a common key. Such nodes never need one another."""
    families: dict[Key, list[str]] = defaultdict(list)
    for node in graph:
        families["family", node.group or "", node.name, str(layer[node.id])].append(node.id)
    return {node: key for key, nodes in families.items() if len(nodes) > _NAMESAKES for node in nodes}


def _outermost(graph: Graph, group: str) -> str:
    parents = {known.id: known.parent for known in graph.groups}
    while (parent := parents.get(group)) is not None:
        group = parent
    return group


def _stops(graph: Graph, key: Callable[[Node], Key], marks: Marks) -> list[Stop]:
    keys = {node.id: key(node) for node in graph}
    members: dict[Key, list[Node]] = defaultdict(list)
    for node in graph:
        members[keys[node.id]].append(node)
    return [_stop(nodes, own, keys, marks) for own, nodes in members.items()]


def _stop(nodes: list[Node], own: Key, keys: Mapping[str, Key], marks: Marks) -> Stop:
    needs = {keys[needed]: None for node in nodes for needed in dependencies(node) if keys[needed] != own}
    text = _GROUPED[own[0]](nodes, own[1], marks)
    group = None if own[0] == "group" else nodes[0].group
    return Stop(_id(own), text, tuple(map(_id, needs)), tuple(nodes), group)


def _id(key: Key) -> str:
    return "\n".join(key)


def _result(graph: Graph, key: Callable[[Node], Key], marks: Marks) -> Stop:
    needs = dict.fromkeys(_id(key(graph[ref.node])) for ref in output_refs([graph.output]))
    return Stop(RESULT, f"return {bound(graph.output, marks)}", tuple(needs))


def _in_order(stops: Sequence[Stop]) -> list[Stop] | None:
    """Put stops in an order that keeps to call order where it can; None where they wait for each other."""
    position = {stop.id: index for index, stop in enumerate(stops)}
    missing = {stop.id: len(stop.needs) for stop in stops}
    waiting: dict[str, list[str]] = defaultdict(list)
    for stop in stops:
        for needed in stop.needs:
            waiting[needed].append(stop.id)
    ready = [position[stop.id] for stop in stops if not stop.needs]
    ordered = []
    while ready:
        stop = stops[heapq.heappop(ready)]
        ordered.append(stop)
        for consumer in waiting[stop.id]:
            missing[consumer] -= 1
            if not missing[consumer]:
                heapq.heappush(ready, position[consumer])
    return ordered if len(ordered) == len(stops) else None


def _step_text(nodes: list[Node], _name: str, marks: Marks) -> str:
    node = nodes[0]
    inputs = ", ".join(f"{name}={bound(binding, marks)}" for name, binding in node.inputs.items())
    name = node.id.rpartition("/")[2]
    after = f" after {', '.join(node.after)}" if node.after else ""
    options = option_notes(node.options)
    return f"{name}({inputs}){after}" + (f"  [{options}]" if options else "")


def bound(binding: Binding, marks: Marks) -> str:
    """Return what an input is bound to; of a long collection only the first items and their number."""
    text = render_binding(binding)
    if len(text) <= _LONGEST or not isinstance(binding, Collection) or len(binding.items) <= _SHOWN_ITEMS:
        return text
    first = ", ".join(map(render_binding, binding.items[:_SHOWN_ITEMS]))
    return f"{binding.kind} of {len(binding.items)}: {first}, {marks.ellipsis}"


def _family_text(nodes: list[Node], _group: str, marks: Marks) -> str:
    shown = []
    for name in nodes[0].inputs:
        values = {bound(node.inputs[name], marks) for node in nodes if name in node.inputs}
        shown.append(f"{name}={values.pop() if len(values) == 1 else marks.ellipsis}")
    return f"{nodes[0].name} {marks.times}{len(nodes)}({', '.join(shown)})"


def _group_text(nodes: list[Node], group: str, marks: Marks) -> str:
    return f"{group} {marks.closed} {len(nodes)} steps"


_GROUPED: Mapping[str, Callable[[list[Node], str, Marks], str]] = {
    "step": _step_text,
    "family": _family_text,
    "group": _group_text,
}


def option_notes(options: NodeOptions) -> str:
    """Return what is special about how a node runs: ``gpus=1, retries=3``."""
    asked, usual = options.resources, NodeOptions()
    notes = [
        f"{name}={getattr(asked, name)}"
        for name in ("cpus", "gpus", "nodes")
        if getattr(asked, name) != getattr(usual.resources, name)
    ]
    notes += [
        f"{name}={getattr(options, name)}"
        for name in ("retries", "timeout", "max_age", "compute")
        if getattr(options, name) != getattr(usual, name)
    ]
    return ", ".join(notes)

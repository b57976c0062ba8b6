"""Lay out a graph with groups in it: what is in a group stands together, in a frame around it.

Each group is laid out by itself, from the innermost outward, and is then one big node among its neighbours. So frames never overlap, and
whoever opens a group finds everything else in the order in which it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias, final

from attrs import define, field, frozen

from .layouts import HEIGHT, WIDTH, Edge, Layout, Place, Size, lay_out

SIDE, HEAD = 16, 30
"""Room in a frame around what is in it; at the top there is the name."""

Within: TypeAlias = str | None
"""The group that something is in; None: it is in none."""


@frozen
class Framed:
    """Where things are: top left corners of nodes, corners and sizes of frames, and the points that each edge passes."""

    width: float
    height: float
    nodes: Mapping[str, Place]
    frames: Mapping[str, tuple[Place, Size]]
    edges: Mapping[Edge, Sequence[Place]]


def lay_out_in_frames(within: Mapping[str, Within], parents: Mapping[str, Within], edges: Iterable[Edge]) -> Framed:
    """Place nodes, given with the group that each is in. Raises CycleError where a circle goes through a group."""
    plan = _Plan(within, parents)
    plan.sort(edges)
    whole = plan.lay_out(None)
    plan.place(None, (0.0, 0.0))
    ways = {edge: plan.way(edge) for edge in plan.levels}
    return Framed(whole.width, whole.height, plan.nodes, plan.frames, ways)


@final
@define
class _Plan:
    """The levels of a picture while it is made; a level is what is directly in a group, or in none."""

    within: Mapping[str, Within]
    parents: Mapping[str, Within]
    members: dict[Within, dict[str, None]] = field(factory=dict)
    inner: dict[Within, dict[Edge, None]] = field(factory=dict)
    levels: dict[Edge, tuple[Within, Edge]] = field(factory=dict)
    layouts: dict[Within, Layout] = field(factory=dict)
    origins: dict[Within, Place] = field(factory=dict)
    nodes: dict[str, Place] = field(factory=dict)
    frames: dict[str, tuple[Place, Size]] = field(factory=dict)

    def sort(self, edges: Iterable[Edge]) -> None:
        """Put nodes, groups and edges into their levels; an edge belongs where its ends, or the groups around them, are neighbours."""
        for node in self.within:
            chain = self._chain(node)
            for outer, member in zip((None, *chain), chain, strict=False):
                self.members.setdefault(outer, {})[member] = None
        for edge in edges:
            source, target = self._chain(edge[0]), self._chain(edge[1])
            depth = next(n for n, pair in enumerate(zip(source, target, strict=False)) if pair[0] != pair[1])
            level = source[depth - 1] if depth else None
            lifted = source[depth], target[depth]
            self.inner.setdefault(level, {})[lifted] = None
            self.levels[edge] = level, lifted

    def _chain(self, node: str) -> list[str]:
        """Return the groups around a node, the outermost first, and the node."""
        chain, group = [node], self.within[node]
        while group is not None:
            chain.append(group)
            group = self.parents.get(group)
        return chain[::-1]

    def lay_out(self, level: Within) -> Layout:
        """Lay out a level, after the groups in it, whose sizes that gives."""
        members = self.members.get(level, {})
        sizes = {name: _framed(self.lay_out(name)) for name in members if name not in self.within}
        self.layouts[level] = lay_out(list(members), self.inner.get(level, ()), sizes)
        return self.layouts[level]

    def place(self, level: Within, origin: Place) -> None:
        """Note where everything in a level is, and in the groups in it."""
        self.origins[level] = origin
        for name, place in self.layouts[level].nodes.items():
            x, y = origin[0] + place[0], origin[1] + place[1]
            if name in self.within:
                self.nodes[name] = x, y
            else:
                self.frames[name] = (x, y), _framed(self.layouts[name])
                self.place(name, (x + SIDE, y + HEAD))

    def way(self, edge: Edge) -> list[Place]:
        """Return the points of an edge: those between the groups that it connects, from node to node."""
        level, lifted = self.levels[edge]
        left, top = self.origins[level]
        _, *passed, _ = self.layouts[level].edges[lifted]
        (x, y), (to_x, to_y) = self.nodes[edge[0]], self.nodes[edge[1]]
        inner = [(left + x, top + y) for x, y in passed]
        return [(x + WIDTH, y + HEIGHT / 2), *inner, (to_x, to_y + HEIGHT / 2)]


def _framed(layout: Layout) -> Size:
    return layout.width + 2 * SIDE, layout.height + HEAD + SIDE

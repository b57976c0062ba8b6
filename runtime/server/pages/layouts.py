"""Lay out a directed graph in columns from left to right, so that few edges cross and most are nearly straight.

The column of a node is the longest way to it. An edge that passes columns gets a point in each, which takes part in the
ordering as a node without height. The order in a column follows the barycentres of the neighbours, in sweeps to and fro;
heights come as near to the neighbours' mean as order and distances let them. A column is as wide as the widest in it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TypeAlias

from attrs import define, field, frozen

WIDTH, HEIGHT = 214, 46
GAP_X, GAP_Y = 58, 18
"""Units of the picture, which are pixels where it is not zoomed."""

_POINT = 8
_SWEEPS = 8
_MOST_POINTS = 6000
"""Points on long edges that take part; beyond that, such edges run straight."""

Edge: TypeAlias = tuple[str, str]
Place: TypeAlias = tuple[float, float]
Size: TypeAlias = tuple[float, float]


@frozen
class Layout:
    """Where things are: the top left corners of nodes, and the points that each edge passes from one to the other."""

    width: float
    height: float
    nodes: Mapping[str, Place]
    edges: Mapping[Edge, Sequence[Place]]


@define
class _Columns:
    """The columns while they are put in order. ``before`` and ``after`` are the neighbours in the columns beside."""

    columns: list[list[str]]
    before: dict[str, list[str]] = field(factory=dict)
    after: dict[str, list[str]] = field(factory=dict)
    points: dict[str, int] = field(factory=dict)
    ways: dict[Edge, list[str]] = field(factory=dict)
    sizes: Mapping[str, Size] = field(factory=dict)

    def join(self, source: str, target: str) -> None:
        """Make two of them neighbours."""
        self.after.setdefault(source, []).append(target)
        self.before.setdefault(target, []).append(source)

    def size(self, name: str) -> float:
        """Return how high one is."""
        return _POINT if name in self.points else self.sizes.get(name, (WIDTH, HEIGHT))[1]

    def width(self, name: str) -> float:
        """Return how wide one is; points have no width of their own."""
        return 0.0 if name in self.points else self.sizes.get(name, (WIDTH, HEIGHT))[0]


def lay_out(nodes: Sequence[str], edges: Iterable[Edge], sizes: Mapping[str, Size] | None = None) -> Layout:
    """Place nodes, given in an order in which their inputs come first, or at least without circles. Raises CycleError.

    ``sizes`` are the widths and heights of those that are not boxes of the usual size.
    """
    known = dict.fromkeys(edge for edge in edges if edge[0] != edge[1])
    column = _column_of(nodes, known)
    columns = _with_points(nodes, known, column)
    columns.sizes = sizes or {}
    for sweep in range(_SWEEPS):
        _sort(columns, forward=sweep % 2 == 0)
    middles = _middles(columns)
    return _layout(columns, column, middles)


def _column_of(nodes: Sequence[str], edges: Iterable[Edge]) -> dict[str, int]:
    needs: dict[str, set[str]] = {node: set() for node in nodes}
    for source, target in edges:
        needs[target].add(source)
    column: dict[str, int] = {}
    for node in TopologicalSorter(needs).static_order():
        column[node] = max((column[needed] + 1 for needed in needs[node]), default=0)
    return column


def _with_points(nodes: Sequence[str], edges: Iterable[Edge], column: Mapping[str, int]) -> _Columns:
    made = _Columns([[] for _ in range(max(column.values(), default=-1) + 1)])
    for node in nodes:
        made.columns[column[node]].append(node)
    for source, target in edges:
        way = [source]
        if len(made.points) < _MOST_POINTS:
            for passed in range(column[source] + 1, column[target]):
                point = f"{source}\0{target}\0{passed}"
                made.points[point] = passed
                made.columns[passed].append(point)
                way.append(point)
        way.append(target)
        made.ways[source, target] = way
        for first, second in itertools.pairwise(way):
            made.join(first, second)
    return made


def _sort(made: _Columns, *, forward: bool) -> None:
    """Put each column in the order of the mean positions of the neighbours in the column before it."""
    neighbours = made.before if forward else made.after
    columns = made.columns if forward else made.columns[::-1]
    position: dict[str, float] = {name: index for index, name in enumerate(columns[0])} if columns else {}
    for names in columns[1:]:
        current = {name: float(index) for index, name in enumerate(names)}
        names.sort(
            key=lambda name: _mean(
                [position[one] for one in neighbours.get(name, ()) if one in position], current[name]
            )
        )
        position.update((name, float(index)) for index, name in enumerate(names))


def _middles(made: _Columns) -> dict[str, float]:
    """Return the heights of the middles of all, after some passes to and fro."""
    middles: dict[str, float] = {}
    for names in made.columns:
        middles.update(_spread(made, names, [0.0] * len(names)))
    for turn in range(4):
        neighbours = (made.before, made.after)[turn % 2]
        for names in made.columns if turn % 2 == 0 else made.columns[::-1]:
            wanted = [_mean([middles[one] for one in neighbours.get(name, ())], middles[name]) for name in names]
            middles.update(_spread(made, names, wanted))
    return middles


def _spread(made: _Columns, names: Sequence[str], wanted: Sequence[float]) -> dict[str, float]:
    """Return the heights nearest to those wanted that keep order and distances (pooling adjacent violators)."""
    offsets, reached = [], 0.0
    for index, name in enumerate(names):
        if index:
            reached += (made.size(names[index - 1]) + made.size(name)) / 2 + GAP_Y
        offsets.append(reached)
    pools: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        pools.append((want - offset, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (low, few), (high, many) = pools.pop(), pools.pop()
            pools.append(((low * few + high * many) / (few + many), few + many))
    levels = [level for level, count in pools for _ in range(count)]
    return {name: level + offset for name, level, offset in zip(names, levels, offsets, strict=True)}


def _layout(made: _Columns, column: Mapping[str, int], middles: Mapping[str, float]) -> Layout:
    top = min((middle - made.size(name) / 2 for name, middle in middles.items()), default=0.0)
    bottom = max((middle + made.size(name) / 2 for name, middle in middles.items()), default=0.0)
    widths = [max(map(made.width, names)) for names in made.columns]
    lefts = list(itertools.accumulate((width + GAP_X for width in widths), initial=0.0))
    nodes = {name: (lefts[column[name]], middles[name] - made.size(name) / 2 - top) for name in column}

    def points(way: Sequence[str]) -> list[Place]:
        inner = [
            (lefts[made.points[name]] + side * widths[made.points[name]], middles[name] - top)
            for name in way[1:-1]
            for side in (0, 1)
        ]
        (left, _), (right, _) = nodes[way[0]], nodes[way[-1]]
        start = left + made.width(way[0]), middles[way[0]] - top
        return [start, *inner, (right, middles[way[-1]] - top)]

    edges = {edge: points(way) for edge, way in made.ways.items()}
    return Layout(max(0.0, lefts[-1] - GAP_X), bottom - top, nodes, edges)


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default

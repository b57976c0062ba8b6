"""Draw what steps logged as numbers: one chart for each metric that has several points, one number for each that has one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from attrs import frozen

from ... import amounts
from ...history.records import MetricRecord

WIDTH, HEIGHT = 360, 150
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 10, 24
_MOST = 400
"""Points of a curve; of more, the lowest and the highest of each stretch are drawn."""

_ROWS = 100
"""Rows of the table of a chart."""

Point = tuple[float, float]


@frozen
class Chart:
    """A metric of a step. ``curves`` are the points of polylines, ``lone`` those that stand between gaps; rows are (x, value)."""

    step: str
    name: str
    count: int
    last: str
    lowest: str
    highest: str
    axis: str = "point"
    curves: tuple[str, ...] = ()
    lone: tuple[Point, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    ends: tuple[str, str] = ("", "")
    rows: tuple[tuple[str, str], ...] = ()
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = HEIGHT - BOTTOM


def charts_of(metrics: Iterable[MetricRecord], step: str | None = None) -> list[Chart]:
    """Return a chart for each metric, in the order of logging; ``step`` takes those of one step."""
    found: dict[tuple[str, str], list[MetricRecord]] = {}
    for metric in metrics:
        if step in (None, metric.step):
            found.setdefault((metric.step, metric.name), []).append(metric)
    return [_chart(*name, points) for name, points in found.items()]


def _chart(step: str, name: str, metrics: Sequence[MetricRecord]) -> Chart:
    has_axis = all(metric.index is not None for metric in metrics)
    points = [(_x(metric, position, has_axis=has_axis), metric.value) for position, metric in enumerate(metrics)]
    finite = [point for point in points if math.isfinite(point[1]) and math.isfinite(point[0])]
    values = [value for _, value in finite]
    last = amounts.number(metrics[-1].value)
    if not values:
        return Chart(step, name, len(metrics), last, "", "")
    low, high = min(values), max(values)
    chart = Chart(step, name, len(metrics), last, amounts.number(low), amounts.number(high))
    return chart if len(finite) < 2 else _drawn(chart, points, finite, has_axis=has_axis)


def _x(metric: MetricRecord, position: int, *, has_axis: bool) -> float:
    return metric.index if has_axis and metric.index is not None else float(position)


def _drawn(chart: Chart, points: Sequence[Point], finite: Sequence[Point], *, has_axis: bool) -> Chart:
    left, right = min(x for x, _ in finite), max(x for x, _ in finite)
    low, high = min(y for _, y in finite), max(y for _, y in finite)
    wide, tall = right - left or 1.0, high - low or 1.0

    def placed(point: Point) -> Point:
        x = LEFT + (point[0] - left) / wide * (WIDTH - LEFT - RIGHT)
        y = TOP + (1 - (point[1] - low) / tall) * (HEIGHT - TOP - BOTTOM) if high > low else (TOP + HEIGHT - BOTTOM) / 2
        return round(x, 1), round(y, 1)

    pieces = [[placed(point) for point in piece] for piece in _pieces(points)]
    middle = (low + high) / 2
    ticks = [
        (placed((left, value))[1], amounts.number(value)) for value in ([high, middle, low] if high > low else [low])
    ]
    kept = points if len(points) <= _ROWS else points[:: math.ceil(len(points) / _ROWS)]
    return Chart(
        chart.step, chart.name, chart.count, chart.last, chart.lowest, chart.highest,
        "step" if has_axis else "point",
        tuple(" ".join(f"{x:g},{y:g}" for x, y in _thinned(piece)) for piece in pieces if len(piece) > 1),
        tuple(piece[0] for piece in pieces if len(piece) == 1),
        tuple(ticks), (amounts.number(left), amounts.number(right)),
        tuple((amounts.number(x), amounts.number(y)) for x, y in kept),
    )  # fmt: skip


def _pieces(points: Sequence[Point]) -> Iterable[list[Point]]:
    """Yield the stretches between values that are no numbers."""
    piece: list[Point] = []
    for point in points:
        if math.isfinite(point[0]) and math.isfinite(point[1]):
            piece.append(point)
        elif piece:
            yield piece
            piece = []
    if piece:
        yield piece


def _thinned(points: Sequence[Point]) -> Iterable[Point]:
    if len(points) <= _MOST:
        return points
    size = math.ceil(2 * len(points) / _MOST)
    stretches = (points[start : start + size] for start in range(0, len(points), size))
    return [point for stretch in stretches for point in sorted({min(stretch, key=_height), max(stretch, key=_height)})]


def _height(point: Point) -> float:
    return point[1]

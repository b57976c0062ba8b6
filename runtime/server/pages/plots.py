"""Draw what steps logged as numbers: one chart for each metric that has several points, one number for each that has one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from attrs import evolve, frozen

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
    """A metric of a step. ``curves`` are the points of polylines, ``lone`` those that stand between gaps; rows are (x, value).

    ``earlier`` are the curves of the run that it is compared with. ``bounds`` are the values at the left, right, lower and upper ends.
    """

    step: str
    name: str
    count: int
    last: str
    lowest: str
    highest: str
    axis: str = "point"
    curves: tuple[str, ...] = ()
    lone: tuple[Point, ...] = ()
    earlier: tuple[str, ...] = ()
    bounds: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    ticks: tuple[tuple[float, str], ...] = ()
    ends: tuple[str, str] = ("", "")
    rows: tuple[tuple[str, str], ...] = ()
    is_log: bool = False
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def charts_of(
    metrics: Iterable[MetricRecord], earlier: Iterable[MetricRecord] = (), *, is_log: bool = False
) -> list[Chart]:
    """Return a chart for each metric, in the order of logging; ``earlier`` are those of a run to compare it with.

    With ``is_log`` the axes of the values are logarithmic; what is not positive is then a gap.
    """
    before = _by_name(earlier)
    return [_chart(*name, points, before.get(name, ()), is_log=is_log) for name, points in _by_name(metrics).items()]


def compared_charts(
    metrics: Iterable[MetricRecord], earlier: Iterable[MetricRecord], *, is_log: bool = False
) -> list[Chart]:
    """Return a chart for each metric that has a curve in both runs."""
    return [chart for chart in charts_of(metrics, earlier, is_log=is_log) if chart.curves and chart.earlier]


def _by_name(metrics: Iterable[MetricRecord]) -> dict[tuple[str, str], list[MetricRecord]]:
    found: dict[tuple[str, str], list[MetricRecord]] = {}
    for metric in metrics:
        found.setdefault((metric.step, metric.name), []).append(metric)
    return found


def _chart(
    step: str, name: str, metrics: Sequence[MetricRecord], earlier: Sequence[MetricRecord], *, is_log: bool
) -> Chart:
    has_axis = all(metric.index is not None for metric in (*metrics, *earlier))
    points, others = (_points(series, has_axis=has_axis) for series in (metrics, earlier))
    values = [value for _, value in _finite(points)]
    last = amounts.number(metrics[-1].value)
    if not values:
        return Chart(step, name, len(metrics), last, "", "")
    chart = Chart(step, name, len(metrics), last, amounts.number(min(values)), amounts.number(max(values)))
    kept = points if len(points) <= _ROWS else points[:: math.ceil(len(points) / _ROWS)]
    rows = tuple((amounts.number(x), amounts.number(y)) for x, y in kept)
    chart = evolve(chart, axis="step" if has_axis else "point", rows=rows, is_log=is_log)
    if is_log:
        points, others = _logarithms(points), _logarithms(others)
    return chart if len(_finite(points)) < 2 else _drawn(chart, points, others)


def _logarithms(points: Iterable[Point]) -> list[Point]:
    return [(x, math.log10(y) if y > 0 else math.nan) for x, y in points]


def _points(metrics: Sequence[MetricRecord], *, has_axis: bool) -> list[Point]:
    return [(_x(metric, position, has_axis=has_axis), metric.value) for position, metric in enumerate(metrics)]


def _finite(points: Iterable[Point]) -> list[Point]:
    return [point for point in points if math.isfinite(point[1]) and math.isfinite(point[0])]


def _x(metric: MetricRecord, position: int, *, has_axis: bool) -> float:
    return metric.index if has_axis and metric.index is not None else float(position)


def _drawn(chart: Chart, points: Sequence[Point], others: Sequence[Point]) -> Chart:
    finite = _finite([*points, *others])
    left, right = min(x for x, _ in finite), max(x for x, _ in finite)
    low, high = min(y for _, y in finite), max(y for _, y in finite)
    wide, tall = right - left or 1.0, high - low or 1.0

    def placed(point: Point) -> Point:
        x = LEFT + (point[0] - left) / wide * (WIDTH - LEFT - RIGHT)
        y = TOP + (1 - (point[1] - low) / tall) * (HEIGHT - TOP - BOTTOM) if high > low else (TOP + HEIGHT - BOTTOM) / 2
        return round(x, 1), round(y, 1)

    def curves(pieces: Iterable[Sequence[Point]]) -> tuple[str, ...]:
        return tuple(" ".join(f"{x:g},{y:g}" for x, y in _thinned(piece)) for piece in pieces if len(piece) > 1)

    pieces, earlier = ([[placed(one) for one in piece] for piece in _pieces(series)] for series in (points, others))
    ticks = [high, (low + high) / 2, low] if high > low else [low]
    return evolve(
        chart,
        curves=curves(pieces),
        lone=tuple(piece[0] for piece in pieces if len(piece) == 1),
        earlier=curves(earlier),
        bounds=(left, right, low, high),
        ticks=tuple(
            (placed((left, value))[1], amounts.number(10**value if chart.is_log else value)) for value in ticks
        ),
        ends=(amounts.number(left), amounts.number(right)),
    )


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

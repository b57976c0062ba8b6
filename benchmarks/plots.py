"""Draw what was measured as SVG: a dot for each contender on a logarithmic axis, and lines over the number of steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from attrs import frozen
from cases import AIMS, MEMORY, OURS, PEAK, Case, Measure, Sizes
from figures import Figures, median, values
from tables import LINEAR, number

WIDTH, NAMES, RIGHT, ROW, HEAD, FOOT = 760, 216, 96, 26, 58, 34
"""Pixels: of the picture, its names, its right margin, a row, what is above the rows and below them."""

ACCENT, PLAIN, FLOOR, INK, FAINT, GRID, AIMED = (
    "#0b6bcb",
    "#5f6b7a",
    "#9aa5b1",
    "#1f2933",
    "#616e7c",
    "#e4e7eb",
    "#b7791f",
)

HALO = 'paint-order="stroke" stroke="#ffffff" stroke-width="5"'

DIGITS = {
    2.5: (1.0, 1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0),
    8.0: (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    200.0: (1.0, 2.0, 5.0),
    math.inf: (1.0,),
}
"""Leading digits of the numbers at an axis, by how many times its start its end may be."""


@frozen
class Axis:
    """A logarithmic axis between two values, over pixels."""

    least: float
    most: float
    start: float
    end: float

    @classmethod
    def over(cls, found: Sequence[float], start: float, end: float) -> Axis:
        """Make an axis that holds all values, with some room."""
        return cls(min(found) / 1.25, max(found) * 1.25, start, end)

    def at(self, value: float) -> float:
        """Return the place of a value."""
        share = math.log(value / self.least) / math.log(self.most / self.least)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Return round values between the ends: the more, the nearer the ends are to each other."""
        low, high = math.floor(math.log10(self.least)), math.ceil(math.log10(self.most))
        digits = next(several for span, several in DIGITS.items() if self.most / self.least < span)
        every = [digit * 10.0**power for power in range(low, high + 1) for digit in digits]
        return [value for value in every if self.least <= value <= self.most]


def text(
    x: float, y: float, said: str, size: int = 13, fill: str = INK, *, anchor: str = "start", weight: str = "normal"
) -> str:
    """Write a text."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(said)}</text>'
    )


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, more: str = "") -> str:
    """Draw a line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" {more}/>'


def picture(title: str, height: float, parts: Iterator[str]) -> str:
    """Put parts into a picture on white, so that it can be read on dark pages too."""
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}" '
        f'role="img" aria-label="{escape(title)}" font-family="system-ui, sans-serif">\n'
        f'<rect width="{WIDTH}" height="{height:.0f}" rx="6" fill="#ffffff"/>\n'
        f"{text(20, 30, title, 15, weight='600')}\n{body}\n</svg>\n"
    )


def dots(case: Case, figures: Figures) -> str | None:
    """Draw a case; None where nothing was measured."""
    panels = [measure for measure in case.measures if measure.key == "seconds" or measure is PEAK]
    parts: list[str] = []
    top = float(HEAD)
    for measure in panels:
        names = _measured(case, figures, measure)
        if names:
            parts += _panel(case, figures, measure, names, top)
            top += len(names) * ROW + FOOT + 12
    return picture(case.title, top, iter(parts)) if parts else None


def _measured(case: Case, figures: Figures, measure: Measure) -> list[str]:
    """Return who has figures, the best first."""
    names = [one for one in figures[case.name]["rows"] if values(figures, case.name, one, measure.key)]
    return sorted(names, key=lambda name: median(figures, case.name, name, measure.key) or 0.0)


def _panel(case: Case, figures: Figures, measure: Measure, names: list[str], top: float) -> Iterator[str]:
    every = {name: [value * measure.scale for value in values(figures, case.name, name, measure.key)] for name in names}
    bound = _bound(case, figures, measure)
    found = [value for several in every.values() for value in several] + ([bound] if bound else [])
    axis = Axis.over(found, NAMES, WIDTH - RIGHT)
    bottom = top + len(names) * ROW
    for tick in axis.ticks():
        yield line(axis.at(tick), top, axis.at(tick), bottom, GRID)
        yield text(axis.at(tick), bottom + 16, number(tick), 11, FAINT, anchor="middle")
    yield text(WIDTH - 20, bottom + 16, measure.unit, 11, FAINT, anchor="end")
    if bound:
        yield line(axis.at(bound), top - 4, axis.at(bound), bottom, AIMED, 'stroke-dasharray="4 3"')
        yield text(axis.at(bound), top - 8, f"aim {number(bound)}", 11, AIMED, anchor="middle")
    for index, name in enumerate(names):
        middle = (median(figures, case.name, name, measure.key) or 0.0) * measure.scale
        yield from _dot(axis, name, middle, every[name], top + (index + 0.5) * ROW)


def _dot(axis: Axis, name: str, middle: float, every: list[float], y: float) -> Iterator[str]:
    """Draw a name, a dot at the median with a line from the least to the most, and the number."""
    is_ours = name in (OURS, "import penstock", "with all")
    fill = ACCENT if is_ours else FLOOR if name.startswith("floor: ") else PLAIN
    weight = "600" if is_ours else "normal"
    yield text(
        NAMES - 14, y + 4, name.removeprefix("floor: "), 13, INK if is_ours else FAINT, anchor="end", weight=weight
    )
    yield line(axis.at(min(every)), y, axis.at(max(every)), y, fill, 'stroke-width="2" stroke-opacity="0.45"')
    yield f'<circle cx="{axis.at(middle):.1f}" cy="{y:.1f}" r="5" fill="{fill}"/>'
    yield text(axis.at(max(every)) + 12, y + 4, number(middle), 12, INK if is_ours else FAINT, weight=weight)


def _bound(case: Case, figures: Figures, measure: Measure) -> float | None:
    """Return what is aimed at in the unit of a measure."""
    for aim in AIMS:
        if aim.case == case.name and aim.unit == measure.unit:
            return aim.at_most
        if aim.case == case.name and aim.baseline and measure.key == "seconds":
            baseline = median(figures, case.name, aim.baseline)
            return baseline * aim.at_most * measure.scale if baseline else None
    return None


def scaling(figures: Figures, sizes: Sizes) -> str | None:
    """Draw the time of a step over the number of steps: what is level is linear. None where no two sizes were measured."""
    steps = {"chain": sizes.chain, "long-chain": sizes.long}
    again = {"rerun": sizes.chain, "long-rerun": sizes.long, "huge-rerun": sizes.huge}
    lines = {
        f"{who}, {what}": _points(figures, over, who)
        for what, over in (("chain", steps), ("all reused", again))
        for who in (OURS, MEMORY)
    }
    lines = {name: points for name, points in lines.items() if len(points) > 1}
    if not lines:
        return None
    every = [point for points in lines.values() for point in points]
    across = Axis.over([size for size, _ in every], 70, WIDTH - 200)
    up = Axis.over([value for _, value in every], 300, HEAD + 6)
    return picture(f"{LINEAR}: level is linear", 340, _lines(lines, across, up))


def _points(figures: Figures, sizes: dict[str, int], who: str) -> list[tuple[int, float]]:
    found = ((size, median(figures, case, who)) for case, size in sizes.items())
    return [(size, 1000 * seconds / size) for size, seconds in found if seconds is not None]


def _lines(lines: dict[str, list[tuple[int, float]]], across: Axis, up: Axis) -> Iterator[str]:
    for tick in up.ticks():
        yield line(across.start, up.at(tick), across.end, up.at(tick), GRID)
        yield text(across.start - 10, up.at(tick) + 4, number(tick), 11, FAINT, anchor="end")
    for size in sorted({size for points in lines.values() for size, _ in points}):
        yield text(across.at(size), 320, f"{size:,}", 11, FAINT, anchor="middle")
    most = max(size for points in lines.values() for size, _ in points)
    for name, points in lines.items():
        stroke = ACCENT if name.startswith(OURS) else PLAIN
        dashes = 'stroke-dasharray="5 4" ' if "reused" in name else ""
        places = [(across.at(size), up.at(value)) for size, value in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="2" {dashes}/>'
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{stroke}"/>' for x, y in places)
        is_at_end = points[-1][0] == most
        x, y = places[-1][0] + (10 if is_at_end else -4), places[-1][1] + (4 if is_at_end else -10)
        label = text(x, y, name, 12, stroke, anchor="start" if is_at_end else "end")
        yield label.replace("<text ", f"<text {HALO} ", 1)  # it may lie on another line

"""Look up what was measured, and relate it."""

from __future__ import annotations

import statistics
from typing import Any, TypeAlias

Figures: TypeAlias = dict[str, dict[str, Any]]
"""Each case's record by its name; its ``rows`` hold each contender's ``samples``, as they are written to JSON."""


def values(figures: Figures, case: str, contender: str, key: str = "seconds") -> list[float]:
    """Return the samples of one figure; none where it was not measured."""
    row = figures.get(case, {}).get("rows", {}).get(contender, {})
    return [sample[key] for sample in row.get("samples", []) if sample.get(key) is not None]


def median(figures: Figures, case: str, contender: str, key: str = "seconds") -> float | None:
    """Return the median of one figure."""
    found = values(figures, case, contender, key)
    return statistics.median(found) if found else None


def ratio(figures: Figures, case: str, contender: str, baseline: str, key: str = "seconds") -> float | None:
    """Return the ratio of two contenders' medians."""
    ours, theirs = median(figures, case, contender, key), median(figures, case, baseline, key)
    return ours / theirs if ours is not None and theirs else None


def at_size(figures: Figures, large: tuple[str, int], small: tuple[str, int], contender: str) -> float | None:
    """Return the ratio of the seconds that a step takes in a large and in a small case."""
    most, least = (median(figures, case, contender) for case, _ in (large, small))
    return (most / large[1]) / (least / small[1]) if most is not None and least else None


def linear_memory(
    figures: Figures, small: tuple[str, int], middle: tuple[str, int], large: tuple[str, int], contender: str
) -> float | None:
    """Return the ratio of the memory of a further step between the larger and between the smaller cases."""
    least, some, most = (median(figures, case, contender, "resident") for case, _ in (small, middle, large))
    if least is None or some is None or most is None or some <= least:
        return None
    return ((most - some) / (large[1] - middle[1])) / ((some - least) / (middle[1] - small[1]))

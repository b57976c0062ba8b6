"""Write what was measured as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from cases import AIMS, Aim, Case, Measure
from figures import Figures, median, ratio, values

BUSY = 0.15
"""Share of the processors' time that others used before a case, from which on its figures are doubted."""

LINEAR = "Milliseconds a step, by the number of steps"

INTRODUCTION = """# Speed and memory

Written by `python benchmarks/runtime.py --write`: do not edit. Every figure is a median of runs in processes of their own, the
contenders in turn in the same minutes, since machines differ and so do their hours: read the ratios. Differences under 30 % are
not resolved. Each run checks its result. Penstock stores every result, and records every step run with what explains it; what the
others keep and know is less, and differs.
"""


def number(value: float) -> str:
    """Write a number with three digits that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1e-3 else f"{value:.1g}"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Write a table."""
    head = list(head)
    lines = [head, ["---"] * len(head), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def report(cases: dict[str, Case], figures: Figures) -> str:
    """Write the whole page."""
    parts = [INTRODUCTION, *_machines(figures), "## Aims\n", aims(figures)]
    if any(name.startswith(("long-", "huge-")) for name in figures):
        parts += [f"## {LINEAR}\n", f"![{LINEAR}](results/scaling.svg)\n"]
    for case in cases.values():
        if case.name in figures:
            parts += [f"## {case.title}\n", f"![{case.title}](results/{case.name}.svg)\n", rows(case, figures)]
            parts += [f"{case.note}\n"] if case.note else []
    return "\n".join(parts)


def aims(figures: Figures) -> str:
    """Write what is aimed at, beside what was measured."""
    return table(("what", "aim, at most", "measured", "met"), filter(None, (_aim(aim, figures) for aim in AIMS)))


def _aim(aim: Aim, figures: Figures) -> tuple[str, ...] | None:
    if aim.case not in figures:
        return None
    value = aim.value(figures)
    bound = f"{number(aim.at_most)} {aim.unit}"
    if value is None:
        return aim.what, bound, "–", "not measured"
    return aim.what, bound, f"{_percent(value, aim)}", "yes" if value <= aim.at_most else "**no**"


def _percent(value: float, aim: Aim) -> str:
    """Write a value; a ratio near one with what is above it in per cent."""
    more = f" ({100 * (value - 1):+.0f} %)" if aim.unit == "×" and 0.7 < value < 1.5 else ""
    return f"{number(value)} {aim.unit}{more}"


def rows(case: Case, figures: Figures) -> str:
    """Write a case's table: who did it, how long it took, and the ratio to the baseline."""
    first, *others = case.measures
    relative = f"to {case.baseline.removeprefix('floor: ')}"
    head = ["", first.unit, "from – to", relative, *(other.unit for other in others)]
    return table(head, (_row(case, name, row, figures) for name, row in figures[case.name]["rows"].items()))


def _row(case: Case, name: str, row: dict[str, Any], figures: Figures) -> Iterator[str]:
    first, *others = case.measures
    yield f"**{name}**" if name.endswith(("Penstock", "penstock")) or name == "with all" else _titled(name, row)
    found = [value * first.scale for value in values(figures, case.name, name, first.key)]
    if row["problem"] or not found:
        yield from ("–", row["problem"] or "no sample", "–", *("–" for _ in others))
        return
    yield _median(figures, case, name, first)
    yield f"{number(min(found))} – {number(max(found))}"
    of_baseline = ratio(figures, case.name, name, case.baseline, first.key)
    yield "–" if of_baseline is None else f"{number(of_baseline)} ×"
    for other in others:
        yield _median(figures, case, name, other)


def _titled(name: str, row: dict[str, Any]) -> str:
    return f"{name} ({row['version']})" if row["version"] else name


def _median(figures: Figures, case: Case, name: str, measure: Measure) -> str:
    found = median(figures, case.name, name, measure.key)
    return "–" if found is None else number(found * measure.scale)


def _machines(figures: Figures) -> Iterator[str]:
    """Say when and on what it was measured: once, or for each case where that differs."""
    told: dict[str, list[str]] = {}
    for name, record in figures.items():
        text = f"{record['measured']}, {record['machine']}, medians of {record['rounds']}"
        told.setdefault(text, []).append(name)
    for text, names in told.items():
        yield f"{text}{'' if len(told) == 1 else ': ' + ', '.join(names)}.\n"
    busy = [name for name, record in figures.items() if (record["others"] or 0) > BUSY]
    if busy:
        yield f"**Others used the processors** when these were measured, which are to be doubted: {', '.join(busy)}.\n"

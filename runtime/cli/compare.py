"""Compare two runs: ``penstock compare``."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import attrs
import click

from .. import amounts
from ..comparisons import Change, CodeChange, Comparison, MetricChange, StepChange, compared, duration_of
from ..documents import run_document, step_document
from ..history.records import StepRecord
from ..terminal.marks import marks_for
from ..workspace import Workspace
from .diffs import print_diffs
from .tables import Cell, print_heading, print_json, print_table, styled_line
from .workspaces import workspace_option

_ABSENT: Cell = ("-", "dim")
_EXPECTED = ("command", "user", "host", "cpus", "platform")
"""Facts that are shown with --all only: they say where a run was started, not what it was made of."""


@click.command()
@click.argument("before", metavar="[A]", default="last~1")
@click.argument("after", metavar="[B]", default="last")
@click.option("--all", "whole", is_flag=True, help="Also show what is the same in both.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(before: str, after: str, whole: bool, as_json: bool, workspace: Workspace) -> None:
    """Compare two runs: what went in and out, and which code changed.

    A and B are ids, beginnings of ids, their last characters, `last`, or `last~1` for the one before, which is A by
    default; B is `last`. Only what differs is shown.
    """
    found = compared(before, after, workspace)
    if as_json:
        print_json(_document(found))
        return
    _print_head(found)
    pair = _short_ids(found)
    _print_changes("run", "FACT", _facts(found.facts, whole=whole), pair, whole=whole)
    _print_changes("parameters", "PARAMETER", found.parameters, pair, whole=whole)
    _print_metrics(found.metrics, pair, whole=whole)
    _print_steps(found.steps, pair, whole=whole)
    _print_code(found.code)
    _print_changes("packages", "PACKAGE", found.packages, pair, whole=whole)
    if not found.differs:
        click.echo("\nno difference in parameters, code, packages, metrics and results")


def _short_ids(found: Comparison) -> tuple[str, str]:
    """Return the runs' last characters, by which they can be called; whole ids where these are the same."""
    before, after = found.before.id, found.after.id
    short = before.rpartition("-")[2], after.rpartition("-")[2]
    return short if short[0] != short[1] else ("A", "B")


def _print_head(found: Comparison) -> None:
    marks = marks_for(sys.stdout)
    for run in (found.before, found.after):
        took = "" if run.duration is None else f" in {amounts.duration(run.duration)}"
        line: Sequence[Cell] = (
            (marks.states[run.state], run.state.value),
            (f" {run.id}", "bold"),
            (f"  {run.pipeline}  ", ""),
            (run.state.value, run.state.value),
            (f"{took}, {amounts.date_and_clock(run.started)}", "dim"),
        )
        click.echo(styled_line(line, sys.stdout))


def _facts(facts: Sequence[Change], *, whole: bool) -> list[Change]:
    return [fact for fact in facts if whole or fact.name not in _EXPECTED]


def _print_changes(heading: str, column: str, changes: Sequence[Change], pair: tuple[str, str], *, whole: bool) -> None:
    shown = [change for change in changes if whole or change.differs]
    if shown:
        print_heading(heading)
        print_table((column, *pair), [[change.name, _text(change.before), _text(change.after)] for change in shown])


def _text(value: str | None) -> Cell:
    return _ABSENT if value is None else value


def _print_metrics(metrics: Sequence[MetricChange], pair: tuple[str, str], *, whole: bool) -> None:
    shown = [metric for metric in metrics if whole or metric.differs]
    if shown:
        print_heading("metrics")
        columns = ("STEP", "METRIC", *pair, "DIFFERENCE", "%")
        print_table(columns, [_metric_row(metric) for metric in shown], right=columns[2:])


def _metric_row(metric: MetricChange) -> list[Cell]:
    return [
        metric.step,
        metric.name,
        _number(metric.before),
        _number(metric.after),
        "" if not metric.difference else _signed(amounts.number(metric.difference)),
        "" if not metric.percentage else (_signed(f"{metric.percentage:.1f}"), "dim"),
    ]


def _number(value: float | None) -> Cell:
    return _ABSENT if value is None else amounts.number(value)


def _signed(text: str) -> str:
    return text if text.startswith(("-", "nan")) else f"+{text}"


def _print_steps(steps: Sequence[StepChange], pair: tuple[str, str], *, whole: bool) -> None:
    shown = [step for step in steps if whole or step.differs]
    if shown:
        print_heading("steps")
        timed = any(map(_time, shown))
        columns = ("STEP", *pair, *(["TIME"] if timed else []), "OUTPUT")
        print_table(columns, [_step_row(step, timed=timed) for step in shown], right=["TIME"])


def _step_row(step: StepChange, *, timed: bool) -> list[Cell]:
    shown = step.after or step.before
    label = shown.title if shown else step.step
    time = [_time(step)] if timed else []
    return [label, _standing(step.before), _standing(step.after), *time, _outputs(step)]


def _standing(step: StepRecord | None) -> Cell:
    if step is None:
        return _ABSENT
    took = duration_of(step)
    return (f"{step.state} {amounts.duration(took)}" if took is not None else step.state.value), step.state.value


def _time(step: StepChange) -> str:
    """Return by how much longer a step took; nothing where that is not worth a word."""
    before, after = duration_of(step.before), duration_of(step.after)
    if before is None or after is None or not step.takes_another_time:
        return ""
    return f"{'+' if after >= before else '-'}{amounts.duration(abs(after - before))}"


def _outputs(step: StepChange) -> Cell:
    if step.same_outputs is None:
        return ""
    if step.same_outputs:
        return "the same", "dim"
    before, after = _summary(step.before), _summary(step.after)
    return f"{before} -> {after}" if before != after else f"{after}, with other content"


def _summary(step: StepRecord | None) -> str:
    outputs = step.outputs.values() if step else ()
    return ", ".join(artifact.summary or artifact.type for artifact in outputs)


def _print_code(code: Sequence[CodeChange]) -> None:
    if not code:
        return
    print_heading("code")
    for one in code:
        steps = _listed(one.steps)
        if one.change is None:
            click.echo(f"the code of {steps} differs; in what is not known, for the history did not keep it")
            continue
        told = attrs.evolve(one.change, path=())
        click.echo(styled_line([(str(told), ""), (f", reached by {steps}", "dim")], sys.stdout))
        print_diffs([one.change], titled=False)


def _listed(steps: Sequence[str], most: int = 4) -> str:
    rest = f" and {len(steps) - most} more" if len(steps) > most else ""
    return ", ".join(steps[:most]) + rest


def _document(found: Comparison) -> dict[str, Any]:
    return {
        "before": run_document(found.before),
        "after": run_document(found.after),
        "differs": found.differs,
        "facts": [_change(change) for change in found.facts],
        "parameters": [_change(change) for change in found.parameters],
        "metrics": [_metric(metric) for metric in found.metrics],
        "steps": [_step(step) for step in found.steps],
        "code": [_code(one) for one in found.code],
        "packages": [_change(change) for change in found.packages],
    }


def _change(change: Change) -> dict[str, Any]:
    return {"name": change.name, "before": change.before, "after": change.after, "differs": change.differs}


def _metric(metric: MetricChange) -> dict[str, Any]:
    numbers = {
        "before": metric.before,
        "after": metric.after,
        "difference": metric.difference,
        "percentage": metric.percentage,
    }
    finite = {name: value if value is not None and math.isfinite(value) else None for name, value in numbers.items()}
    return {"step": metric.step, "name": metric.name, **finite, "differs": metric.differs}


def _step(step: StepChange) -> dict[str, Any]:
    return {
        "step": step.step,
        "before": step_document(step.before) if step.before else None,
        "after": step_document(step.after) if step.after else None,
        "same_outputs": step.same_outputs,
        "differs": step.differs,
    }


def _code(one: CodeChange) -> dict[str, Any]:
    return {"steps": list(one.steps), "change": one.change and {**attrs.asdict(one.change), "text": str(one.change)}}

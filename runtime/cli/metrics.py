"""Show what the steps of a run logged as numbers: ``penstock metrics``."""

from __future__ import annotations

import csv
import sys
from collections.abc import Sequence

import click

from .. import amounts
from ..documents import metric_document, moment
from ..history.records import MetricRecord
from ..workspace import Workspace
from .steps import checked_step
from .tables import Cell, print_json, print_table
from .workspaces import workspace_option

_COLUMNS = ("STEP", "METRIC", "LAST", "LOWEST", "HIGHEST", "POINTS")


@click.command()
@click.argument("reference", metavar="RUN")
@click.option("--step", help="Only what this step logged.")
@click.option("--csv", "as_csv", is_flag=True, help="Print every point, as CSV: step, name, index, value, time.")
@click.option("--json", "as_json", is_flag=True, help="Print every point, as one JSON document.")
@workspace_option
def command(reference: str, step: str | None, as_csv: bool, as_json: bool, workspace: Workspace) -> None:
    """Show the numbers that the steps of a run logged.

    RUN is an id, the beginning of one, its last characters, `last`, or `last~1` for the one before.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json cannot go together")
    run = workspace.history.run(reference)
    metrics = workspace.history.metrics(run.id, step and checked_step(step, workspace.history.steps(run.id)).id)
    if as_json:
        print_json([metric_document(metric) for metric in metrics])
    elif as_csv:
        _print_csv(metrics)
    elif metrics:
        print_table(*metric_rows(metrics), right=["LAST", "LOWEST", "HIGHEST", "POINTS"])
    else:
        click.echo(
            f"{f'step {step}' if step else f'run {run.id}'} logged no metrics; log_metric(name, value) in a step does",
            err=True,
        )


def metric_rows(metrics: Sequence[MetricRecord]) -> tuple[Sequence[str], list[list[Cell]]]:
    """Return headings and a row for each metric of each step."""
    series: dict[tuple[str, str], list[float]] = {}
    for metric in metrics:
        series.setdefault((metric.step, metric.name), []).append(metric.value)
    rows: list[list[Cell]] = [
        [step, name, *map(amounts.number, (values[-1], min(values), max(values))), str(len(values))]
        for (step, name), values in series.items()
    ]
    return _COLUMNS, rows


def _print_csv(metrics: Sequence[MetricRecord]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["step", "name", "index", "value", "time"])
    for metric in metrics:
        index = "" if metric.index is None else f"{metric.index:g}"
        writer.writerow([metric.step, metric.name, index, repr(metric.value), moment(metric.time)])

"""Show a run: ``penstock show``."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import click

from ...compilers.fingerprints.differences import Difference
from .. import amounts
from ..documents import whole_document
from ..explanations import EXPECTED
from ..history.records import RunRecord, StepRecord
from ..runners.explaining import told_changes
from ..states import State
from ..terminal.endings import failure_lines, plain
from ..terminal.marks import marks_for
from ..workspace import Workspace
from .diffs import print_diffs
from .metrics import metric_rows
from .runs import counted
from .tables import Cell, print_facts, print_heading, print_json, print_table
from .workspaces import workspace_option

MOST_ITEMS = 20
"""Steps that one may unfold to before only the failed ones are listed; `--json` has them all."""

_COLUMNS = ("STEP", "STATE", "DURATION", "ATTEMPTS", "OUTPUTS")


@click.command()
@click.argument("reference", metavar="RUN")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(reference: str, as_json: bool, workspace: Workspace) -> None:
    """Show everything about a run.

    RUN is an id, the beginning of one, its last characters, `last`, or `last~1` for the one before.
    """
    history = workspace.history
    run = history.run(reference)
    steps, metrics, files = history.steps(run.id), history.metrics(run.id), history.files(run.id)
    folder = workspace.run_folder(run.id)
    if as_json:
        print_json(whole_document(run, steps, metrics, files, folder))
        return
    print_facts(_facts(run))
    _print_parts(run)
    print_heading("steps")
    shown, counts = condensed(steps)
    print_table(_COLUMNS, [_row(step, counts.get(step.id, "")) for step in shown], right=["DURATION", "ATTEMPTS"])
    _print_reasons(shown, told_changes(history, run, shown))
    _print_failures(steps)
    if metrics:
        print_heading("metrics")
        print_table(*metric_rows(metrics), right=["LAST", "LOWEST", "HIGHEST", "POINTS"])
    print_heading("files")
    logs = [("logs", str(folder / "logs"))] if (folder / "logs").exists() else []
    print_facts(
        [("folder", str(folder)), *logs, *((f"{file.step}: {file.name}", str(folder / file.path)) for file in files)]
    )


def _facts(run: RunRecord) -> Iterator[tuple[str, Cell]]:
    yield "run", (run.id, "bold")
    yield "pipeline", run.pipeline
    yield "experiment", run.experiment
    yield "state", (run.state.value, run.state.value)
    yield "problem", run.problem
    yield "started", amounts.date_and_clock(run.started)
    yield "duration", "" if run.duration is None else amounts.duration(run.duration)
    yield "steps", counted(run.counts)


def _print_parts(run: RunRecord) -> None:
    for heading, facts in (("parameters", run.parameters), ("tags", run.tags), ("facts", run.facts)):
        if facts:
            print_heading(heading)
            print_facts([(name, value) for name, value in facts.items()])


def condensed(steps: Sequence[StepRecord]) -> tuple[list[StepRecord], dict[str, str]]:
    """Return the steps to list, without those of many that one unfolded to and that did not fail, and how many of each there are."""
    children: dict[str, list[StepRecord]] = {}
    for step in steps:
        if step.parent is not None:
            children.setdefault(step.parent, []).append(step)
    many = {parent for parent, found in children.items() if len(found) > MOST_ITEMS}
    hidden: set[str | None] = set()
    for step in steps:
        if step.parent in hidden or (step.parent in many and step.state is not State.FAILED):
            hidden.add(step.id)
    counts = {parent: counted(Counter(step.state for step in found)) for parent, found in children.items()}
    return [step for step in steps if step.id not in hidden], counts


def _row(step: StepRecord, unfolded: str) -> list[Cell]:
    label = step.label or step.id
    duration = "" if step.duration is None or step.state is State.REUSED else amounts.duration(step.duration)
    return [
        f"{step.group}/{label}" if step.group else label,
        (step.state.value, step.state.value),
        duration,
        str(step.attempts or ""),
        _outcome(step) or unfolded,
    ]


def _outcome(step: StepRecord) -> Cell:
    if step.reused_from:
        return f"from {step.reused_from}", "dim"
    if step.failure is not None:
        return f"{step.failure.kind}: {step.failure.message}".partition("\n")[0], "failed"
    if step.reason and not step.state.succeeded:
        return step.reason, "dim"
    return ", ".join(artifact.summary or artifact.type for artifact in step.outputs.values())


def _print_reasons(steps: Sequence[StepRecord], changes: Mapping[str, Sequence[Difference]]) -> None:
    """Say which change made a step run, where it could have been reused, and show what changed in the code."""
    told = {step.parent for step in steps}  # what a step unfolded to is listed itself
    ended = [step for step in steps if step.state in (State.COMPLETED, State.FAILED) and step.id not in told]
    ran = [step for step in ended if step.reason not in EXPECTED]
    reasons: list[tuple[str, Cell]] = [(step.id, step.reason) for step in ran]
    if any(reason for _, reason in reasons):
        print_heading("why steps ran")
        print_facts(reasons)
        print_diffs(change for told in changes.values() for change in told)


def _print_failures(steps: Sequence[StepRecord]) -> None:
    marks = marks_for(sys.stdout)
    for step in steps:
        if step.failure is not None:
            click.echo()
            click.echo("\n".join(map(plain, failure_lines(step, step.failure, marks))))

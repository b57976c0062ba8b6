"""List runs: ``penstock runs``."""

from __future__ import annotations

import time
from collections.abc import Mapping

import click

from .. import amounts
from ..documents import run_document
from ..history.records import RunRecord
from ..states import State
from ..workspace import Workspace
from .tables import Cell, print_json, print_table
from .workspaces import workspace_option

_STATES = [state.value for state in (State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED)]
_COLUMNS = ("RUN", "PIPELINE", "EXPERIMENT", "STATE", "STARTED", "DURATION", "STEPS")


@click.command()
@click.option("--experiment", help="Only runs of this experiment.")
@click.option("--pipeline", help="Only runs of this pipeline.")
@click.option("--state", type=click.Choice(_STATES), help="Only runs in this state.")
@click.option(
    "-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="How many runs, at most."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(
    experiment: str | None, pipeline: str | None, state: str | None, limit: int, as_json: bool, workspace: Workspace
) -> None:
    """List runs, the newest first."""
    found = workspace.history.runs(experiment, pipeline, State(state) if state else None, limit)
    if as_json:
        print_json([run_document(run) for run in found])
    elif found:
        print_table(
            _COLUMNS, [_row(run) for run in found], right=["DURATION"], spare=["EXPERIMENT", "STARTED", "DURATION"]
        )
    else:
        filtered = experiment or pipeline or state
        click.echo(
            "no such run" if filtered else f"no run yet in {workspace.root}; start one with: penstock run FILE.py:NAME",
            err=True,
        )


def _row(run: RunRecord) -> list[Cell]:
    took = run.duration if run.duration is not None else time.time() - run.started
    return [
        (run.id, "bold"),
        run.pipeline,
        run.experiment,
        (run.state.value, run.state.value),
        amounts.date_and_clock(run.started),
        amounts.duration(took),
        counted(run.counts),
    ]


def counted(counts: Mapping[State, int]) -> str:
    """Write how many steps ended how: ``9 completed, 1 failed``."""
    return ", ".join(f"{counts[state]} {state}" for state in State if counts.get(state))

"""Stop a run that goes on in another process: ``penstock stop``."""

from __future__ import annotations

import sys

import click

from ..documents import run_document
from ..endpoints import Queue
from ..states import State
from ..stoppers import leave_word
from ..stopping import PATIENCE, Stopped, stop
from ..terminal.endings import Line
from ..terminal.marks import marks_for
from ..workspace import Workspace
from .runs import counted
from .tables import print_json, styled_line
from .workspaces import workspace_option


@click.command()
@click.argument("reference", metavar="RUN")
@click.option("--force", is_flag=True, help="Kill its process, and all below it, when it has not stopped in time.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0),
    default=PATIENCE,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for the run to end.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the run, as one JSON document.")
@workspace_option
def command(reference: str, force: bool, timeout: float, as_json: bool, workspace: Workspace) -> None:
    """Stop a run that goes on in another process.

    Its driver is asked to cancel, as Ctrl-C does: running steps are killed, the rest never start. RUN is an id, the
    beginning of one, its last characters, or `last`.
    """
    queue = Queue(workspace.database)

    def tell(run_id: str) -> None:
        leave_word(workspace.run_folder(run_id), "penstock stop")

    found = stop(workspace.history, reference, queue=queue, patience=timeout, force=force, tell=tell)
    if as_json:
        print_json({**run_document(found.run), "outcome": found.outcome})
        return
    for line in _told(found):
        click.echo(styled_line(line, sys.stdout))


def _told(found: Stopped) -> list[Line]:
    run, state = found.run, found.run.state
    mark = (marks_for(sys.stdout).states[state], state.value)
    told: Line = (mark, (f" run {run.id} ", ""), *_ending(found))
    counts = counted(run.counts)
    return [told, ((f"  {counts}", "dim"),)] if counts else [told]


def _ending(found: Stopped) -> Line:
    run, state = found.run, found.run.state
    problem = f" ({run.problem})" if run.problem else ""
    if found.outcome == "ended before":
        return (("had ended already: ", ""), (state.value, state.value), (problem, "dim"))
    if found.outcome == "killed":
        return (
            ("was killed with its processes, and is recorded as ", ""),
            (state.value, state.value),
            (problem, "dim"),
        )
    if state is State.CANCELLED:
        return (("was cancelled", state.value), (problem, "dim"))
    return (("ended meanwhile: ", ""), (state.value, state.value), (problem, "dim"))

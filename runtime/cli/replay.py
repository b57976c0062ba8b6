"""Run one step of a run again: ``penstock replay``."""

from __future__ import annotations

import bdb
import sys
from collections.abc import Iterator

import click

from .. import amounts
from ..invocation import call
from ..resolved import summarise_input
from ..runners.replaying import Replay, Replayable, perform, prepare_replay
from ..runs import Run
from ..states import State
from ..terminal.endings import Line
from ..terminal.marks import marks_for
from ..terminal.rows import first_line
from ..tracebacks import user_frames
from ..workspace import Workspace
from .codes import CANCELLED, FAILED
from .debugging import post_mortem, stopping_first
from .diffs import print_diffs
from .tables import styled_line
from .workspaces import workspace_option


@click.command()
@click.argument("reference", metavar="RUN")
@click.argument("step")
@click.option("--pdb", "debug", is_flag=True, help="When the step raises, stop there in Python's debugger.")
@click.option("--break", "stop", is_flag=True, help="Stop in Python's debugger at the step's first line.")
@click.option(
    "--attempt",
    type=click.IntRange(min=1),
    metavar="N",
    help="Tell the step that this is its Nth attempt. By default the last that it had.",
)
@workspace_option
def command(reference: str, step: str, debug: bool, stop: bool, attempt: int | None, workspace: Workspace) -> None:
    """Run one step of a run again, here, with the inputs that it had.

    The code is today's; how it differs from what ran is told. Nothing is recorded: metrics are printed, and the result is
    compared with the stored one. STEP is a step's id, as `penstock show RUN` lists them.
    """
    ready = prepare_replay(Run.get(reference, workspace), step, attempt)
    _tell(ready)
    try:
        done = perform(ready, stopping_first if stop else call)
    except (KeyboardInterrupt, bdb.BdbQuit):
        click.echo("stopped before its end", err=True)
        sys.exit(CANCELLED)
    except BaseException as error:  # whatever a step raises, SystemExit too
        _complain(ready, error)
        if debug or stop:
            post_mortem(error)
        sys.exit(FAILED)
    sys.stdout.flush()
    for line in _result(done):
        _say(line)


def _tell(ready: Replayable) -> None:
    """Say what is about to run, with which inputs, and whether its code is the same."""
    task, record, code = ready.task, ready.record, ready.code
    _say((("replaying ", ""), (task.step, "bold"), (f" of run {task.run}, which ", ""), *_state(ready)))
    for index, (name, value) in enumerate(task.inputs.items()):
        _say(((f"  {'' if index else 'with':4} ", "dim"), (f"{name} = {summarise_input(value)}", "")))
    if record.attempts > 1:
        _say(((f"  as attempt {task.attempt} of {record.attempts}", "dim"),))
    if code.note:
        _say(((f"  {code.note}", "warning"),))
    if code.changes is None:
        _say((("  its code has changed since; what of it is not known, for the history did not keep it", "warning"),))
    for change in code.changes or ():
        _say((("  changed since: ", "warning"), (str(change), "")))
        print_diffs([change], indent="    ", titled=False, err=True)


def _state(ready: Replayable) -> Line:
    record = ready.record
    if record.failure is not None:
        return (("failed: ", "failed"), (first_line(record.failure.kind, record.failure.message), ""))
    verbs = {State.COMPLETED: "completed", State.REUSED: f"was reused from {record.reused_from}"}
    return ((verbs.get(record.state, f"was {record.state}"), record.state.value),)


def _complain(ready: Replayable, error: BaseException) -> None:
    """Show the error with the user's frames."""
    sys.stdout.flush()
    _say(((marks_for(sys.stderr).states[State.FAILED], "failed"), (f" {ready.task.step} failed", "bold")))
    for line in user_frames(error).splitlines():
        _say(((f"    {line}", ""),))


def _result(done: Replay) -> Iterator[Line]:
    mark = (marks_for(sys.stderr).states[State.COMPLETED], "completed")
    yield mark, (f" {done.step} ", "bold"), (f"returned in {amounts.duration(done.duration)}", ""), *_equality(done)
    for name, text in done.outputs.items():
        before = done.stored.get(name)
        changed = (("  was ", "dim"), (before, "")) if done.equal is False and before not in (None, text) else ()
        yield (f"  {name} = ", "dim"), (text, ""), *changed


def _equality(done: Replay) -> Line:
    if done.equal is None:
        return ((", and no result of the run is stored" if done.outputs else ", without a result", "dim"),)
    if done.equal:
        return ((", the same as in the run", "completed"),)
    same_words = done.outputs == done.stored
    return ((", not the same as in the run" + (": its bytes differ" if same_words else ""), "warning"),)


def _say(line: Line) -> None:
    click.echo(styled_line(line, sys.stderr), err=True)

"""Print logs: ``penstock logs``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
from attrs import define, field

from .. import amounts
from ..history import History
from ..history.records import RunRecord, StepRecord
from ..terminal.marks import marks_for
from ..terminal.tails import LogLine, Tails, is_newer, log_path
from ..workspace import Workspace
from .moments import read_moment
from .outlets import nobody_reads
from .steps import checked_step
from .tables import styled_line
from .workspaces import workspace_option

_LOOK = 0.2
"""Seconds between two looks at logs that are followed."""

_COLOURS = ("cyan", "green", "magenta", "blue")
"""One for each step in turn: colours that are readable on white and on black, and not that of failures."""

_WIDEST = 28
"""Characters of a step's id in front of its lines."""


@click.command()
@click.argument("reference", metavar="RUN")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on printing until the run has ended.")
@click.option(
    "--since",
    callback=read_moment,
    metavar="MOMENT",
    help="Only logs that were written to since then: 10m, 21:50 or 2026-11-22T21:50.",
)
@workspace_option
def command(reference: str, step: str | None, follow: bool, since: float | None, workspace: Workspace) -> None:
    """Print what the steps of a run printed and logged.

    RUN is an id, the beginning of one, its last characters, `last`, or `last~1` for the one before. STEP is a step's id,
    as `penstock show RUN` lists them; without it all steps follow one another. Followed lines bear the time at which they
    came and their step; those that were there before bear no time.
    """
    history = workspace.history
    run = history.run(reference)
    folder = workspace.run_folder(run.id)
    steps = _wanted(step, history.steps(run.id))
    if follow and not run.state.ended:
        _follow(history, run, step, Tails(folder, since), steps)
        return
    if not _print_whole(_whole(folder, steps, since), headed=step is None):
        where = f"step {step}" if step else f"run {run.id}"
        late = " since then" if since else ""
        click.echo(f"no log of {where}{late}: its steps printed nothing, were reused, or have not started", err=True)


def _wanted(step: str | None, steps: Sequence[StepRecord]) -> Sequence[StepRecord]:
    return steps if step is None else [checked_step(step, steps)]


def _print_whole(logs: Iterator[LogLine], *, headed: bool) -> int:
    """Print logs as they are, one after the other, and return how many there were."""
    printed = 0
    for step, text in logs:
        if headed:
            click.echo(("\n" if printed else "") + click.style(f"==> {step} <==", bold=True))
        click.echo(text, nl=not text.endswith("\n"))
        printed += 1
    return printed


def _whole(folder: Path, steps: Sequence[StepRecord], since: float | None) -> Iterator[LogLine]:
    """Yield the logs in which something is written."""
    for step in steps:
        path = log_path(folder, step)
        text = path.read_bytes().decode("utf-8", "replace") if is_newer(path, since) else ""
        if text:
            yield step.id, text


def _follow(history: History, run: RunRecord, step: str | None, tails: Tails, steps: Sequence[StepRecord]) -> None:
    """Print the lines of a run that goes on, as they come, and then how it ended; no more once nobody reads them."""
    printer = _Printer(labelled=step is None)
    printer.arrange(steps)
    printer.print(tails.read(steps), came=None)
    while not run.state.ended and not nobody_reads(sys.stdout):
        time.sleep(_LOOK)
        run = history.run(run.id)  # asked before reading: what is written until then is read
        steps = _wanted(step, history.steps(run.id))
        printer.arrange(steps)
        printer.print(tails.read(steps, to_the_end=run.state.ended), came=time.time())
    if run.state.ended:
        _tell_end(run)


def _tell_end(run: RunRecord) -> None:
    took = "" if run.duration is None else f" after {amounts.duration(run.duration)}"
    mark = (marks_for(sys.stderr).states[run.state], run.state.value)
    click.echo(
        styled_line((mark, (f" run {run.id} ", ""), (run.state.value, run.state.value), (took, "dim")), sys.stderr),
        err=True,
    )


@define
class _Printer:
    """Prints lines with their time and their step in front, each step in its colour."""

    labelled: bool
    _colours: dict[str, str] = field(factory=dict)
    _width: int = 0

    def arrange(self, steps: Sequence[StepRecord]) -> None:
        """Give every step a colour, and as much room as the longest id needs."""
        for step in steps:
            self._colours.setdefault(step.id, _COLOURS[len(self._colours) % len(_COLOURS)])
            self._width = max(self._width, min(_WIDEST, len(step.id)))

    def print(self, lines: Iterator[LogLine], came: float | None) -> None:
        """Print lines that came at a moment; without one they were there before."""
        clock = click.style(" " * 8 if came is None else amounts.clock(came), dim=True)
        rail = click.style(marks_for(sys.stdout).rails["ud"], dim=True)
        for step, text in lines:
            click.echo(" ".join((clock, *self._label(step), rail, text)).rstrip())
        sys.stdout.flush()

    def _label(self, step: str) -> tuple[str, ...]:
        """Return what stands for a step in front of its lines; nothing where there is only one."""
        if not self.labelled:
            return ()
        return (click.style(f"{_short(step, self._width):{self._width}}", fg=self._colours[step]),)


def _short(step: str, width: int) -> str:
    """Cut an id at its beginning: its end tells namesakes apart."""
    mark = marks_for(sys.stdout).ellipsis
    return step if len(step) <= width else mark + step[len(mark) - width :]

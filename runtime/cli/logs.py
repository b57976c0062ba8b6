"""Print logs: ``penstock logs``."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import click
from attrs import define, field

from ..history.records import StepRecord
from ..workspace import Workspace
from .steps import checked_step
from .workspaces import workspace_option

_LOOK = 0.3
"""Seconds between two looks at a log that is followed."""


@click.command()
@click.argument("reference", metavar="RUN")
@click.argument("step", required=False)
@click.option("-f", "--follow", is_flag=True, help="Go on printing until the run has ended.")
@workspace_option
def command(reference: str, step: str | None, follow: bool, workspace: Workspace) -> None:
    """Print what the steps of a run printed and logged.

    RUN is an id, the beginning of one, its last characters, `last`, or `last~1` for the one before. STEP is a step's id,
    as `penstock show RUN` lists them; without it all steps follow one another.
    """
    history = workspace.history
    run = history.run(reference)
    reader = _Reader(workspace.run_folder(run.id), headed=step is None)
    while True:
        ended = history.run(run.id).state.ended  # asked before reading: what is written until then is read
        reader.print_new(_wanted(step, history.steps(run.id)))
        if ended or not follow:
            break
        time.sleep(_LOOK)
    if not reader.found:
        click.echo(
            f"no log of {f'step {step}' if step else f'run {run.id}'}: its steps printed nothing, were reused, or have not started",
            err=True,
        )


def _wanted(step: str | None, steps: Sequence[StepRecord]) -> Sequence[StepRecord]:
    return steps if step is None else [checked_step(step, steps)]


@define
class _Reader:
    """Reads logs from where it stopped the last time."""

    folder: Path
    headed: bool
    found: bool = False
    _positions: dict[str, int] = field(factory=dict)
    _last: str = ""

    def print_new(self, steps: Sequence[StepRecord]) -> None:
        for step in steps:
            text = self._new_text(step)
            if text:
                self._print(step.id, text)

    def _new_text(self, step: StepRecord) -> str:
        path = self.folder / (step.log or f"logs/{step.id}.log")
        if not path.is_file():
            return ""
        with path.open("rb") as log:
            log.seek(self._positions.get(step.id, 0))
            data = log.read()
            self._positions[step.id] = log.tell()
        return data.decode("utf-8", "replace")

    def _print(self, step: str, text: str) -> None:
        if self.headed and step != self._last:
            click.echo(("\n" if self.found else "") + click.style(f"==> {step} <==", bold=True))
        self.found, self._last = True, step
        click.echo(text, nl=not text.endswith("\n"))
        sys.stdout.flush()

"""Free the space that no kept run needs: ``penstock clean``."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from .. import amounts
from ..cleaned import Cleaned, Tally
from ..documents import Document
from ..retention import GRACE, Progress, silent
from ..terminal.displays import is_live
from ..terminal.marks import encoding_of, showable
from ..terminal.tree import new_console
from ..workspace import Workspace
from .codes import CANCELLED, FAILED
from .durations import read_span
from .tables import print_heading, print_json, print_table
from .workspaces import workspace_option

_SHOWN = 5
"""Runs that are named before the rest is only counted."""


@click.command()
@click.option(
    "--keep-runs",
    type=click.IntRange(min=0),
    metavar="N",
    help="Keep the N newest completed runs of each pipeline and what began after them; forget older ones.",
)
@click.option(
    "--older-than", callback=read_span, metavar="SPAN", help="Forget runs that ended longer ago: 30d, 12h, 2w."
)
@click.option(
    "--grace",
    callback=read_span,
    metavar="SPAN",
    default=f"{GRACE / 3600:g}h",
    show_default=True,
    help="Leave what was used within this time; 0s only where no run is about to begin.",
)
@click.option("--sole-user", is_flag=True, help="Say that no other history uses a store outside of the project.")
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask before runs are forgotten.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@workspace_option
def command(workspace: Workspace, *, dry_run: bool, yes: bool, as_json: bool, **settings: Any) -> None:
    """Remove what no kept run needs, never what a running run holds.

    All runs are kept unless --keep-runs or --older-than say otherwise; with both, a run goes if both say so. A run that
    is running always stays. Artifacts, folders and rows go that no run in the history needs.
    """
    forgets = settings["keep_runs"] is not None or settings["older_than"] is not None
    if forgets and not (dry_run or yes) and sys.stdin.isatty():
        with _progress() as progress:
            expected = workspace.clean(**settings, dry_run=True, progress=progress)
        _ask(expected)
    with _progress() as progress:
        cleaned = workspace.clean(**settings, dry_run=dry_run, progress=progress)
    if as_json:
        print_json(cleaned_document(cleaned))
    else:
        _print(cleaned)
    for problem in cleaned.problems:
        click.echo(problem, err=True)
    sys.exit(FAILED if cleaned.problems else 0)


def _ask(expected: Cleaned) -> None:
    """Ask whether the runs may be forgotten; end the command where they may not."""
    if not expected.runs:
        return
    click.echo(f"forget {_named(expected.runs)}", err=True)
    question = f"Remove {_counts(expected)}, {amounts.size(expected.freed)}?"
    if not click.confirm(question, err=True):
        click.echo("nothing was removed", err=True)
        sys.exit(CANCELLED)


def _print(cleaned: Cleaned) -> None:
    """Print what is worth a line, and in the last what was freed."""
    if cleaned.dry_run and cleaned.runs:
        click.echo(f"would forget {_named(cleaned.runs)}")
    if cleaned.dry_run and cleaned.largest:
        _print_largest(cleaned)
    if cleaned.spared.count:
        click.echo(_spared(cleaned), err=True)
    if cleaned.note:
        click.echo(cleaned.note, err=True)
    if cleaned.is_empty:
        click.echo("nothing to clean")
        return
    click.echo(f"{'would free' if cleaned.dry_run else 'freed'} {amounts.size(cleaned.freed)}: {_counts(cleaned)}")


def _print_largest(cleaned: Cleaned) -> None:
    print_heading("largest artifacts")
    rows = [
        (amounts.size(freed.size), freed.digest[:12], showable(freed.summary or "-", encoding_of(sys.stdout)),
         f"{freed.run} {freed.step}".strip() or "no run")
        for freed in cleaned.largest
    ]  # fmt: skip
    print_table(("SIZE", "ARTIFACT", "WHAT", "OF"), rows, right=["SIZE"], spare=["ARTIFACT"])
    click.echo()


def _named(runs: tuple[str, ...]) -> str:
    rest = f" and {len(runs) - _SHOWN} more" if len(runs) > _SHOWN else ""
    return f"{amounts.counted(len(runs), 'run')}: {', '.join(runs[:_SHOWN])}{rest}"


def _counts(cleaned: Cleaned) -> str:
    counts: Mapping[str, int] = {
        "run": len(cleaned.runs),
        "artifact": cleaned.artifacts.count,
        "run folder": cleaned.folders.count,
        "leftover": cleaned.temporary.count,
        "file of parsed code": cleaned.memos.count,
        "record": cleaned.records,
    }
    return ", ".join(_counted(count, noun) for noun, count in counts.items() if count)


def _counted(count: int, noun: str) -> str:
    first, _, rest = noun.partition(" of ")
    return f"{amounts.counted(count, first)} of {rest}" if rest else amounts.counted(count, noun)


def _spared(cleaned: Cleaned) -> str:
    spared = cleaned.spared
    since = f"or since run {cleaned.running[-1]} began, " if cleaned.running else ""
    return (
        f"{amounts.counted(spared.count, 'artifact')} ({amounts.size(spared.size)}) that no run needs were used within the "
        f"grace period, {since}and stay for now (--grace)"
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """Show what is being done, while it takes long, on a terminal."""
    if not is_live(sys.stderr):
        yield silent
        return
    with new_console(sys.stderr).status("") as status:
        yield _Teller(status)


class _Teller:
    """Shows progress ten times a second at most."""

    def __init__(self, status: Any) -> None:
        self._status = status
        self._next = 0.0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take a report."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + 0.1
        self._status.update(f"{what}: {done} of {total}" if total else f"{what}: {done}")


def cleaned_document(cleaned: Cleaned) -> Document:
    """Return a cleaning as a JSON document; sizes are in bytes."""
    return {
        "dry_run": cleaned.dry_run,
        "freed": cleaned.freed,
        "runs": list(cleaned.runs),
        "artifacts": _tally(cleaned.artifacts),
        "run_folders": _tally(cleaned.folders),
        "temporary": _tally(cleaned.temporary),
        "memos": _tally(cleaned.memos),
        "records": cleaned.records,
        "spared": {**_tally(cleaned.spared), "running": list(cleaned.running)},
        "largest": [
            {"digest": one.digest, "size": one.size, "summary": one.summary, "run": one.run, "step": one.step}
            for one in cleaned.largest
        ],
        "problems": list(cleaned.problems),
        "note": cleaned.note,
    }


def _tally(tally: Tally) -> Document:
    return {"count": tally.count, "size": tally.size}

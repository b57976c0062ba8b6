"""Print what was changed in some code, in a few lines."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

from ...compilers.fingerprints.differences import Difference
from .. import amounts
from ..terminal.marks import encoding_of, marks_for, showable

MOST = 12
"""Lines of one diff that are shown."""

_COLOURS = {"+": "green", "-": "red"}


def print_diffs(changes: Iterable[Difference], *, indent: str = "  ", titled: bool = True, err: bool = False) -> None:
    """Print each change that has lines to show, once; ``titled`` under the name of what changed."""
    for change in unique(changes):
        lines = diff_lines(change)
        if lines and titled:
            click.echo(f"{indent}{click.style(_title(change), dim=True)}", err=err)
        _print_lines(lines, f"{indent}  " if titled else indent, err=err)


def unique(changes: Iterable[Difference]) -> list[Difference]:
    """Return each definition's change once, whichever steps reach it, in the order of the first."""
    found = {(change.name, change.file, change.before, change.after): change for change in reversed(list(changes))}
    return list(reversed(found.values()))


def diff_lines(change: Difference) -> list[str]:
    """Return the lines of a change without headings; none where its clause says all."""
    if _says_all(change):
        return []
    return [line for line in change.diff.splitlines() if not line.startswith(("---", "+++", "@@"))]


def _says_all(change: Difference) -> bool:
    """Say whether before and after stand in the sentence about the change already: a constant of one line."""
    texts = (change.before or "", change.after or "")
    return change.definition == "constant" and not any("\n" in text or len(text) > 120 for text in texts)


def _title(change: Difference) -> str:
    return f"{change.name} ({change.file}:{change.line})" if change.file else change.name


def _print_lines(lines: Sequence[str], indent: str, *, err: bool) -> None:
    stream = sys.stderr if err else sys.stdout
    start = _first_change(lines) if len(lines) > MOST else 0
    kept = lines[start:] if len(lines) - start <= MOST else lines[start : start + MOST - 1]
    for line in kept:
        text = showable(line, encoding_of(stream))
        colour = _COLOURS.get(line[:1])
        click.echo(f"{indent}{click.style(text, fg=colour) if colour else click.style(text, dim=True)}", err=err)
    left = len(lines) - start - len(kept)
    if left:
        rest = f"{marks_for(stream).ellipsis} {amounts.counted(left, 'more line')}"
        click.echo(f"{indent}{click.style(rest, dim=True)}", err=err)


def _first_change(lines: Sequence[str]) -> int:
    """Return the position of the line before the first that changed."""
    return max(0, next((index for index, line in enumerate(lines) if line[:1] in _COLOURS), 0) - 1)

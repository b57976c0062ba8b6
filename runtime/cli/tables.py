"""Print what a command found: aligned columns, or one JSON document."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import IO, TypeAlias, TypeVar

import click

from ..terminal.displays import is_live
from ..terminal.marks import encoding_of, showable
from ..terminal.tree import STYLES, new_console

T = TypeVar("T")

Cell: TypeAlias = "str | tuple[str, str]"
"""Text, or text and the name of a style."""


def print_table(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, right: Iterable[str] = (), spare: Iterable[str] = ()
) -> None:
    """Print rows under headings, with colours on a terminal and as plain aligned text elsewhere.

    ``right`` names the columns that are aligned at their right, ``spare`` those that a narrow terminal does without,
    the first first.
    """
    stream = sys.stdout
    shown = [[_text(cell, stream) for cell in row] for row in rows]
    if is_live(stream):
        kept = _fitting(columns, shown, list(spare), shutil.get_terminal_size().columns)
        _print_rich([columns[index] for index in kept], _only(kept, rows), _only(kept, shown), set(right))
    else:
        _print_plain(columns, shown, set(right))


def print_json(document: object) -> None:
    """Print one JSON document and nothing else."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_facts(facts: Iterable[tuple[str, Cell]]) -> None:
    """Print names and values, the values aligned; empty ones are left out."""
    kept = [(name, cell) for name, cell in facts if _plain(cell)]
    width = max((len(name) for name, _ in kept), default=0)
    for name, cell in kept:
        click.echo(f"{click.style(f'{name:{width}}', dim=True)}  {_styled(cell, sys.stdout)}")


def print_heading(text: str) -> None:
    """Print the heading of a part, with an empty line above."""
    click.echo(f"\n{click.style(text, bold=True)}")


def styled_line(line: Iterable[Cell], stream: IO[str]) -> str:
    """Return a line made of pieces, with the colours of their styles."""
    return "".join(_styled(piece, stream) for piece in line)


def _styled(cell: Cell, stream: IO[str]) -> str:
    style = "" if isinstance(cell, str) else STYLES[cell[1]]
    text = _text(cell, stream)
    return (
        click.style(text, fg=style)
        if style in _COLOURS
        else click.style(text, bold="bold" in style, dim="dim" in style)
    )


_COLOURS = frozenset({"green", "cyan", "red", "magenta", "blue"})


def _plain(cell: Cell) -> str:
    return cell if isinstance(cell, str) else cell[0]


def _text(cell: Cell, stream: IO[str]) -> str:
    return showable(_plain(cell), encoding_of(stream))


def _fitting(columns: Sequence[str], shown: Sequence[Sequence[str]], spare: list[str], width: int) -> list[int]:
    """Return the positions of the columns to show, so that they fit a width if that can be had."""
    widths = [max(len(row[index]) for row in [columns, *shown]) + 2 for index in range(len(columns))]
    kept = list(range(len(columns)))
    for name in spare:
        if sum(widths[index] for index in kept) > width:
            kept.remove(columns.index(name))
    return kept


def _only(kept: Sequence[int], rows: Sequence[Sequence[T]]) -> list[list[T]]:
    return [[row[index] for index in kept] for row in rows]


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]], right: set[str]) -> None:
    table = [list(columns), *map(list, rows)]
    widths = [max(len(row[index]) for row in table) for index in range(len(columns))]
    for row in table:
        cells = [
            f"{cell:>{width}}" if name in right else f"{cell:{width}}"
            for name, cell, width in zip(columns, row, widths, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _print_rich(
    columns: Sequence[str], rows: Sequence[Sequence[Cell]], shown: Sequence[Sequence[str]], right: set[str]
) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for index, name in enumerate(columns):
        table.add_column(name, justify="right" if name in right else "left", overflow="fold", no_wrap=index == 0)
    for row, texts in zip(rows, shown, strict=True):
        styles = ["" if isinstance(cell, str) else STYLES[cell[1]] for cell in row]
        table.add_row(*(Text(text, style) for text, style in zip(texts, styles, strict=True)))
    new_console(sys.stdout).print(table)

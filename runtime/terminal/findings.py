"""Print findings about a pipeline's code, file by file, each with its line of source."""

from __future__ import annotations

import itertools
import os
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, TypeAlias

from ...compilers.linting import Finding
from .displays import is_live
from .marks import encoding_of, showable
from .tree import new_console

Segment: TypeAlias = tuple[str, str]
"""Text and its style."""

_WIDEST = 120
_INDENT = "    "


def print_findings(findings: Sequence[Finding], steps: int, stream: IO[str]) -> None:
    """Print findings with the lines they are about and a summary; ``steps`` is how many steps were checked.

    On a terminal with colours and wrapped to its width, elsewhere as plain text.
    """
    live = is_live(stream)
    width = min(_WIDEST, shutil.get_terminal_size().columns) if live else _WIDEST
    lines = [*_lines(findings, width, encoding_of(stream)), _summary(findings, steps)]
    if live:
        _print_styled(lines, stream)
        return
    for line in lines:
        stream.write("".join(text for text, _ in line).rstrip() + "\n")


def _print_styled(lines: Iterable[Sequence[Segment]], stream: IO[str]) -> None:
    from rich.text import Text

    console = new_console(stream)
    for line in lines:
        console.print(Text.assemble(*line), soft_wrap=True)


def _lines(findings: Sequence[Finding], width: int, encoding: str) -> Iterator[list[Segment]]:
    for file, group in itertools.groupby(findings, key=lambda finding: finding.file):
        yield [(showable(shown_path(file), encoding), "bold")]
        for finding in group:
            for line in _of_finding(finding, width):
                yield [(showable(text, encoding), style) for text, style in line]
        yield []


def _of_finding(finding: Finding, width: int) -> Iterator[list[Segment]]:
    place = f"{shown_path(finding.file)}:{finding.line}:{finding.column}"
    steps = ", ".join(finding.steps[:4]) + (f" and {len(finding.steps) - 4} more" if len(finding.steps) > 4 else "")
    yield [
        (f"  {place}", "cyan"),
        ("  ", ""),
        (finding.code, "red"),
        (f" {finding.rule}", "bold"),
        (f"  {steps}", "dim"),
    ]
    if finding.text.strip():
        stripped = finding.text.lstrip()
        yield [(f"{_INDENT}| ", "dim"), (stripped.rstrip(), "")]
        start = finding.column - 1 - (len(finding.text) - len(stripped))
        yield [(f"{_INDENT}| ", "dim"), (" " * max(0, start) + "^" * finding.width, "red")]
    for text in textwrap.wrap(finding.message, max(30, width - len(_INDENT))):
        yield [(_INDENT + text, "")]
    if len(finding.chain) > 1:
        yield [(f"{_INDENT}reached by {' -> '.join(finding.chain)}", "dim")]
    for text in textwrap.wrap(f"help: {finding.hint}", max(30, width - len(_INDENT)), subsequent_indent="      "):
        yield [(f"{_INDENT}{text}", "green")]


def _summary(findings: Sequence[Finding], steps: int) -> list[Segment]:
    checked = f"{steps} {'step' if steps == 1 else 'steps'} checked"
    if not findings:
        return [("nothing found", "green"), (f", {checked}", "")]
    files = len({finding.file for finding in findings})
    counts = Counter(finding.rule for finding in findings)
    rules = ", ".join(f"{count} {rule}" for rule, count in counts.most_common())
    total = f"{len(findings)} {'finding' if len(findings) == 1 else 'findings'}"
    where = f" in {files} {'file' if files == 1 else 'files'}, {checked}: {rules}"
    return [(total, "red"), (where, "")]


def shown_path(file: str) -> str:
    """Return a path as people click on it: relative to the working folder where it lies under that."""
    relative = os.path.relpath(file) if Path(file).is_absolute() else file
    return file if relative.startswith("..") else relative

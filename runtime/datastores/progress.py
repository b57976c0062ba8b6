"""Show how far a transfer is: a bar on a terminal, and nothing elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .. import terminal
from .streams import Advance, nothing


@contextmanager
def bar(label: str, total: int | None, *, shown: bool = True) -> Iterator[Advance]:
    """Lend a function that is told of bytes; ``total`` is how many there will be, None where nobody knows."""
    if not shown or sys.stderr is None or not terminal.is_live(sys.stderr):
        yield nothing
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=terminal.new_console(sys.stderr), transient=True) as progress:
        task = progress.add_task(terminal.showable(label), total=total)
        yield lambda count: progress.advance(task, count)

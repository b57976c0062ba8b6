"""Show a run as a live tree in a terminal, with rich."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, final

from .. import amounts
from ..events import Event
from ..states import State
from .endings import Line, ending
from .marks import Marks, encoding_of, marks_for, showable
from .outlines import Entry, outline
from .rows import Note, Row, Scene, count_notes, fitted, note, rows
from .standings import Standing

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

INTERVAL = 0.1
"""Seconds between two drawings, at least."""

LONGEST = 1.0
"""Seconds between two drawings, at most."""

SHARE = 0.03
"""The part of a processor that drawing may take; a slow terminal or a huge graph is drawn less often."""

STYLES = {
    "pending": "dim",
    "running": "bold",
    "completed": "green",
    "reused": "cyan",
    "failed": "red",
    "skipped": "dim",
    "cancelled": "magenta",
    "warning": "magenta",
    "metric": "blue",
    "bar": "green",
    "dim": "dim",
    "bold": "bold",
    "": "",
}
"""Colours out of the sixteen that every terminal maps to its own theme, and none that is pale on white or black."""

_LEVELS = ((12, "nothing"), (4, "nothing"), (4, "ended"), (1, "ended"), (1, "all"))
"""What to collapse when the terminal is too low: namesakes wider than this, and which groups."""

_WIDEST_LABEL = 0.45


@final
class Tree:
    """A view of a run that redraws itself in place, and leaves the final tree on the screen."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self._marks = marks_for(stream)
        self._standing = Standing()
        self._painter = Painter(self._standing, self._marks, encoding_of(stream))
        self._live: Live | None = None

    def take(self, event: Event) -> None:
        """Take an event in; it shows at the next drawing."""
        self._standing.take(event)

    def draw(self, now: float) -> float:
        """Draw, and return how many seconds to wait before the next time."""
        live = self._started()  # the first time it imports rich, which says nothing about drawing
        started = time.perf_counter()
        live.update(self._painter.paint(now, live.console.width, live.console.height), refresh=True)
        return min(LONGEST, max(INTERVAL, (time.perf_counter() - started) / SHARE))

    def finish(self, now: float) -> None:
        """Draw a last time, leave that on the screen, and write failures and a summary below it."""
        if self._standing.run is None:
            return
        live = self._started()
        ended = self._standing.run.ended or now
        live.update(self._painter.paint(ended, live.console.width, live.console.height))
        live.stop()
        if self._standing.run.state.ended:
            for line in ending(self._standing, self._marks):
                live.console.print(self._painter.text(line), soft_wrap=True)

    def _started(self) -> Live:
        if self._live is None:
            self._live = _new_live(self._stream)
            self._live.start()
        return self._live


class Painter:
    """Makes the picture of a run that fits a terminal. It remembers how much had to be collapsed, so as not to flicker."""

    def __init__(self, standing: Standing, marks: Marks, encoding: str = "utf-8") -> None:
        self._standing = standing
        self._marks = marks
        self._encoding = encoding
        self._outlines: dict[int, tuple[Entry, ...]] = {}
        self._level = 0
        self._height = 0

    def paint(self, now: float, width: int, height: int) -> Text:
        """Return a picture of at most ``height - 1`` lines."""
        from rich.text import Text

        if self._standing.run is None:
            return Text("")
        scene = Scene(self._standing, self._marks, now)
        found = self.rows(scene, max(1, height - 2))
        labels = max((_label_width(row) for row in found), default=0)
        column = max(8, min(labels, int(width * _WIDEST_LABEL)))
        return Text("\n").join(
            [self._fit(self._header(now), width), *(self._row(row, scene, column, width) for row in found)]
        )

    def rows(self, scene: Scene, space: int) -> list[Row]:
        """Return the rows at the first level of detail that fits."""
        if space != self._height:
            self._level, self._height = 0, space
        while True:
            widest, closing = _LEVELS[self._level]
            found = list(rows(self._outline(widest), scene, closing=closing))
            if len(found) <= space or self._level == len(_LEVELS) - 1:
                return fitted(found, space, self._marks)
            self._level += 1

    def text(self, line: Line) -> Text:
        """Return a line with its colours."""
        from rich.text import Text

        return Text.assemble(*((showable(text, self._encoding), STYLES[style]) for text, style in line))

    def _outline(self, widest: int) -> tuple[Entry, ...]:
        graph = self._standing.graph
        if widest not in self._outlines and graph is not None:
            self._outlines[widest] = outline(graph, widest=widest, times=self._marks.times)
        return self._outlines.get(widest, ())

    def _header(self, now: float) -> Line:
        run = self._standing.run
        assert run is not None, "paint() is called after the run started"
        took = amounts.duration(max(0.0, (run.ended or now) - run.started))
        counts = count_notes(self._standing.counts(), self._marks)
        return _joined([note(run.pipeline, "bold"), note(took), *counts, note(run.id, "dim")])

    def _row(self, row: Row, scene: Scene, column: int, width: int) -> Text:
        from rich.cells import cell_len, set_cell_size

        mark = row.mark or self._mark(row.state, scene.now)
        label = _cut(showable(row.label, self._encoding), column - 2 * row.depth, self._marks)
        padded = set_cell_size(label, max(cell_len(label), column - 2 * row.depth))
        seconds = "" if row.seconds is None else amounts.duration(row.seconds)
        style = row.state.value if row.state in _COLOURED_LABELS else ""
        pieces = (
            ("  " * row.depth, ""),
            (mark, row.state.value),
            (f" {padded}", style),
            (f"{seconds:>9}", "dim" if row.state.ended else ""),
        )
        return self._fit((*pieces, *((("  ", ""), *_joined(row.notes)) if row.notes else ())), width)

    def _mark(self, state: State, now: float) -> str:
        if state is State.RUNNING:
            return self._marks.spinner[int(now / INTERVAL) % len(self._marks.spinner)]
        return self._marks.states[state]

    def _fit(self, line: Line, width: int) -> Text:
        text = self.text(line)
        if text.cell_len > width:
            text.truncate(max(1, width - len(self._marks.ellipsis)))
            text.append(self._marks.ellipsis)
        text.rstrip()
        return text


_COLOURED_LABELS = frozenset({State.PENDING, State.FAILED, State.SKIPPED, State.CANCELLED})


def _label_width(row: Row) -> int:
    from rich.cells import cell_len

    return 2 * row.depth + cell_len(row.label)


def _cut(text: str, width: int, marks: Marks) -> str:
    from rich.cells import cell_len, set_cell_size

    width = max(4, width)
    return text if cell_len(text) <= width else set_cell_size(text, width - len(marks.ellipsis)) + marks.ellipsis


def _joined(notes: Iterable[Note]) -> Line:
    pieces: list[tuple[str, str]] = []
    for part in notes:
        pieces += [("  ", ""), *part] if pieces else part
    return tuple(pieces)


def _new_live(stream: IO[str]) -> Live:
    from rich.live import Live

    console = new_console(stream)
    shows_output = _is_terminal(stream)
    return Live(
        console=console,
        auto_refresh=False,
        redirect_stdout=shows_output,
        redirect_stderr=shows_output,
        vertical_overflow="crop",
    )


def _is_terminal(stream: Any) -> bool:
    import sys

    return bool(stream.isatty()) and sys.stdout is not None and sys.stdout.isatty()


def new_console(stream: IO[str]) -> Console:
    """Return a rich console that changes nothing in what it is given. It honours NO_COLOR."""
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)

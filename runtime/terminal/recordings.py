"""Record how a run ended as an SVG picture, for a README or a report."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import final

from ..events import Event
from .endings import ending
from .marks import UNICODE
from .standings import Standing
from .tree import Painter

_TALLEST = 60
_FONTS = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
_WEB_FONTS = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)


@final
class Recording:
    """A listener that keeps what happens, to draw it when the run has ended."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event, /) -> None:
        """Keep an event."""
        self.events.append(event)


def export_svg(events: Iterable[Event], *, title: str = "penstock", width: int = 96) -> str:
    """Return the final tree of a run, its failures and its summary as an SVG that loads nothing from elsewhere.

    ``width`` is in characters. The same events give the same picture.
    """
    from rich.console import Console

    standing = Standing()
    for event in events:
        standing.take(event)
    painter = Painter(standing, UNICODE)
    console = Console(
        record=True, file=io.StringIO(), width=width, force_terminal=True, color_system="truecolor", highlight=False,
        no_color=False, legacy_windows=False,
    )  # fmt: skip
    console.print(painter.paint(standing.run.ended or 0.0 if standing.run else 0.0, width, _TALLEST))
    for line in ending(standing, UNICODE):
        console.print(painter.text(line))
    picture = _WEB_FONTS.sub("", console.export_svg(title=title, unique_id="penstock"))
    return picture.replace("Fira Code, monospace", _FONTS)

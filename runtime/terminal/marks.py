"""Choose the characters that a stream can show: marks of states, bars, spinners and rails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO

from attrs import frozen

from ..states import State


@frozen
class Marks:
    """A set of characters. ``bar`` is full, tip and empty; ``rails`` maps the sides that a line touches to it.

    The sides of a rail are letters: (u)p, (d)own, (l)eft and (r)ight, in that order.
    """

    states: Mapping[State, str]
    spinner: str
    bar: tuple[str, str, str]
    rails: Mapping[str, str]
    open: str
    closed: str
    node: str
    result: str
    times: str
    dot: str
    ellipsis: str
    arrow: str


UNICODE = Marks(
    states={
        State.PENDING: "·",
        State.RUNNING: "●",
        State.COMPLETED: "✓",
        State.REUSED: "↺",
        State.FAILED: "✗",
        State.SKIPPED: "–",
        State.CANCELLED: "■",
    },
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
    bar=("━", "╸", "─"),
    rails={
        "ud": "│", "lr": "─", "dr": "╭", "dl": "╮", "ur": "╰", "ul": "╯",
        "udr": "├", "udl": "┤", "dlr": "┬", "ulr": "┴", "udlr": "┼", "": " ",
    },
    open="▾",
    closed="▸",
    node="●",
    result="◆",
    times="×",
    dot="·",
    ellipsis="…",
    arrow="←",
)  # fmt: skip

ASCII = Marks(
    states={
        State.PENDING: ".",
        State.RUNNING: "*",
        State.COMPLETED: "+",
        State.REUSED: "=",
        State.FAILED: "x",
        State.SKIPPED: "-",
        State.CANCELLED: "!",
    },
    spinner="|/-\\",
    bar=("#", ">", "-"),
    rails={
        "ud": "|", "lr": "-", "dr": ".", "dl": ".", "ur": "'", "ul": "'",
        "udr": "|", "udl": "|", "dlr": "-", "ulr": "'", "udlr": "+", "": " ",
    },
    open="v",
    closed=">",
    node="*",
    result="@",
    times="x",
    dot="-",
    ellipsis="..",
    arrow="<-",
)  # fmt: skip

_NEEDED = "".join((*UNICODE.states.values(), UNICODE.spinner, *UNICODE.bar, *UNICODE.rails.values(), "▾▸●◆×·…←"))


def marks_for(stream: IO[str]) -> Marks:
    """Return the characters that a stream's encoding has."""
    try:
        _NEEDED.encode(encoding_of(stream))
    except (UnicodeEncodeError, LookupError):
        return ASCII
    return UNICODE


def encoding_of(stream: IO[str]) -> str:
    """Return a stream's encoding; one that has none, as in memory, takes everything."""
    return getattr(stream, "encoding", None) or "utf-8"


def showable(text: str, encoding: str = "utf-8") -> str:
    """Return text on one line, without control characters and what an encoding cannot show.

    What a user's step logs must be able neither to move the cursor nor to stop the display.
    """
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return text.encode(encoding, "replace").decode(encoding)

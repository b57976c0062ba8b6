"""Say what a server tells a host process, and what it hears from it: one JSON document a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec
from attrs import field, frozen

from ...endpoints import LOCAL

Word: TypeAlias = Literal["open", "run", "cancel", "leave"]
News: TypeAlias = Literal["ready", "started", "ended", "refused"]

STOPPED: Final = "the server is stopping; the run goes on when one is started again"
"""Why a run ended that is taken up again."""


@frozen
class Order:
    """What to do: ``open`` a bundle, so that a run of it starts sooner, ``run`` it, ``cancel`` the run, or ``leave`` what goes on elsewhere.

    ``parameters`` are JSON values that fit. ``compute`` is the name of where to run. ``requested`` is when the run was asked
    for. ``reason`` is said of a cancelled run.
    """

    word: Word
    run: str = ""
    bundle: str = ""
    parameters: Mapping[str, Any] = field(factory=dict)
    experiment: str | None = None
    tags: Mapping[str, str] = field(factory=dict)
    reason: str = ""
    compute: str = LOCAL
    requested: float = 0.0


@frozen
class Report:
    """What became of an order: a run has ``started``, has ``ended`` in a state, or was ``refused`` before it began."""

    news: News
    run: str = ""
    state: str = ""
    problem: str = ""


def written(message: Order | Report) -> bytes:
    """Return a message as one line."""
    return msgspec.json.encode(message) + b"\n"


def read_order(line: bytes) -> Order:
    """Read what :func:`written` wrote."""
    return msgspec.json.decode(line, type=Order)


def read_report(line: bytes) -> Report:
    """Read what :func:`written` wrote. Raises msgspec.MsgspecError for a line that was cut off."""
    return msgspec.json.decode(line, type=Report)

"""Read spans of time as people type them: ``90s``, ``12h``, ``30d``."""

from __future__ import annotations

import re
from collections.abc import Mapping

import click

_SECONDS: Mapping[str, float] = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])")


def read_span(_ctx: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """Read a number and a unit as seconds. Raises click.BadParameter."""
    if text is None:
        return None
    match = _SPAN.fullmatch(text.strip().lower())
    if match is None:
        raise click.BadParameter(
            f"{text!r} is no span of time; write a number and a unit, such as 90s, 45m, 12h, 30d or 2w"
        )
    return float(match[1]) * _SECONDS[match[2]]

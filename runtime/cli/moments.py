"""Read the moments that people type: ``10m``, ``21:50``, ``2026-11-22T21:50``."""

from __future__ import annotations

import datetime
import re
import time

import click

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")
_TIME = re.compile(r"\d\d?:\d\d(:\d\d)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def read_moment(_ctx: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """Read a span before now, a time of this day, or a date with or without a time, as seconds since the epoch.

    All are local times. Raises click.BadParameter.
    """
    if text is None:
        return None
    moment = _moment(text.strip(), time.time())
    if moment is None:
        raise click.BadParameter(f"{text!r} is no moment: expected 10m, 2h, 21:50 or 2026-11-22T21:50")
    return moment


def _moment(text: str, now: float) -> float | None:
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - float(ago[1]) * _SECONDS[ago[2]]
    today = datetime.datetime.fromtimestamp(now).date()  # noqa: DTZ006 -- people type local times
    written = f"{today}T{text:0>5}" if _TIME.fullmatch(text) else text
    try:
        return datetime.datetime.fromisoformat(written).timestamp()
    except (ValueError, OverflowError):
        return None

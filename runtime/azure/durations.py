"""Write spans of time as Azure does, in ISO 8601, and read them."""

from __future__ import annotations

import re

_FORM = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")


def iso_duration(seconds: float) -> str:
    """Write whole seconds.

    >>> iso_duration(1800), iso_duration(5400), iso_duration(0)
    ('PT30M', 'PT1H30M', 'PT0S')
    """
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    parts = [f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (left, "S")) if count]
    return f"PT{''.join(parts) or '0S'}"


def seconds_of(text: object) -> int | None:
    """Read whole seconds; None for what is no span of days, hours, minutes and seconds.

    >>> seconds_of("PT30M"), seconds_of("P1DT1S"), seconds_of("soon")
    (1800, 86401, None)
    """
    found = _FORM.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds

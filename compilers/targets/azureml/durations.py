"""Write a time as Azure's REST interface does: ISO 8601, in days, hours, minutes and whole seconds."""

from __future__ import annotations


def iso_duration(seconds: int) -> str:
    """Return ``P1DT2H3M4S`` for a number of seconds above 0; parts of zero are left out."""
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M"), (rest, "S")) if count)
    return "P" + (f"{days}D" if days else "") + (f"T{clock}" if clock else "")

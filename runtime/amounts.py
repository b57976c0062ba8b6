"""Write durations, times, numbers and sizes as people read them."""

from __future__ import annotations

import time


def duration(seconds: float) -> str:
    """Write a span of time in at most two units: ``12 ms``, ``3.4 s``, ``2m 05s``, ``1h 02m``, ``3d 04h``."""
    if seconds < 0.0995:
        return f"{max(0.0, seconds) * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60}m {whole % 60:02}s"
    if whole < 86_400:
        return f"{whole // 3600}h {whole % 3600 // 60:02}m"
    return f"{whole // 86_400}d {whole % 86_400 // 3600:02}h"


def clock(moment: float) -> str:
    """Write the time of day here, to the second."""
    return time.strftime("%H:%M:%S", time.localtime(moment))


def date_and_clock(moment: float) -> str:
    """Write the day and the time here, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def number(value: float) -> str:
    """Write a metric's value in four significant digits, and a whole number as it is.

    >>> number(0.912345), number(1024.0), number(1e-07)
    ('0.9123', '1024', '1e-07')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def size(count: int) -> str:
    """Write a number of bytes: ``812 B``, ``4.1 KiB``, ``2.0 GiB``."""
    amount, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{count} B" if unit == "B" else f"{amount:.1f} {unit}"


def counted(count: int, noun: str) -> str:
    """Write a number of things: ``1 step``, ``3 steps``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

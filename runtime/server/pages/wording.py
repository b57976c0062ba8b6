"""Write times and texts as pages show them; what comes from users can hold anything."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime

from ... import amounts
from ...states import State

MARKS = {
    State.PENDING: "○", State.RUNNING: "●", State.COMPLETED: "✓", State.FAILED: "✗", State.CANCELLED: "■",
}  # fmt: skip
"""What stands before the title of a run's page, to be told in a row of tabs."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
"""The sequences by which terminals are told of colours, titles and the like."""

_UNSHOWN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn the direction of what follows."""


def plain(text: object) -> str:
    """Return a text without escape sequences; other characters that would not show stand as U+FFFD."""
    return _UNSHOWN.sub("\ufffd", _ESCAPES.sub("", str(text).replace("\r\n", "\n")))


def log_text(data: bytes) -> str:
    """Return a log as text: what was overwritten on a line, as progress bars do, is left out."""
    lines = data.decode("utf-8", "replace").split("\n")
    return plain("\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines))


def ago(moment: float, now: float | None = None) -> str:
    """Say how long ago something was, roughly, and the day where that is longer than a month."""
    seconds = (time.time() if now is None else now) - moment
    if seconds < -1:
        return f"in {amounts.duration(-seconds)}"
    for unit, length, most in (("second", 1, 60), ("minute", 60, 60), ("hour", 3600, 24), ("day", 86_400, 31)):
        count = int(max(0.0, seconds) // length)
        if count < most:
            return "just now" if unit == "second" and count < 5 else f"{amounts.counted(count, unit)} ago"
    return datetime.fromtimestamp(moment, UTC).strftime("%d %b %Y")


def exact(moment: float) -> str:
    """Write a moment to the second, in UTC."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(moment: float) -> str:
    """Write a moment for machines."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def pretty(value: object) -> str:
    """Write a document in JSON, in lines."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)

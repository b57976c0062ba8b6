"""Name files after steps, whose ids may be longer than a file system takes."""

from __future__ import annotations

from typing import Final

_LONGEST: Final = 150
"""Characters of an id that stand in a file's name; most file systems take 255 bytes, and something follows."""


def filename_of(step: str) -> str:
    """Return a step's id as it stands in names of files: a long one is cut, and ends with what tells it from others."""
    if len(step) <= _LONGEST:
        return step
    import hashlib

    return f"{step[:_LONGEST]}-{hashlib.blake2b(step.encode(), digest_size=8).hexdigest()}"

"""Leave word of who stops a run, for the process that drives it: a signal comes from nobody."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

from .history import processes

FILE: Final = "stopped"
"""The file in a run's folder that says who has stopped it, and how."""

_LONGEST: Final = 200
"""Bytes that are read of such a file, at most: anybody may have written it."""


def leave_word(folder: Path, means: str) -> None:
    """Write into the folder of a run that this user stops it by some ``means``. Where that cannot be written, nobody is named."""
    with contextlib.suppress(OSError):
        (folder / FILE).write_text(f"stopped by {means} ({_user()}{processes.host()})", encoding="utf-8")


def word_left(folder: Path) -> str:
    """Return who has stopped a run, and how, on one line; empty where no word was left."""
    try:
        with (folder / FILE).open("rb") as file:
            text = file.read(_LONGEST).decode("utf-8", "replace")
    except OSError:
        return ""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def _user() -> str:
    import getpass

    try:
        return f"{getpass.getuser()} on "
    except (ImportError, KeyError, OSError):  # a number that has no name here
        return ""

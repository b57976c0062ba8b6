"""Find the user's own line: the innermost frame that is not Penstock's."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType, TracebackType

from attrs import frozen

_PACKAGE = __name__.partition(".")[0]


@frozen
class Location:
    """A line in the user's code; ``file`` is as Python reports it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{_shortest(self.file)}:{self.line}"


def caller() -> Location:
    """Return where the user's code called into Penstock."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    if frame is None:
        return Location("<unknown>", 0)
    return Location(frame.f_code.co_filename, frame.f_lineno)


def definition(code: CodeType) -> Location:
    """Return where a function was defined."""
    return Location(code.co_filename, code.co_firstlineno)


def innermost(traceback: TracebackType | None) -> Location | None:
    """Return the user's line that is deepest in a traceback: the line to look at first."""
    found = None
    while traceback is not None:
        if not _is_ours(traceback.tb_frame):
            found = Location(traceback.tb_frame.f_code.co_filename, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _is_ours(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return module == _PACKAGE or (isinstance(module, str) and module.startswith(_PACKAGE + "."))


def _shortest(file: str) -> str:
    """Write a path under the working directory relative to it: shorter to read, and editors still open it."""
    try:
        relative = os.path.relpath(file)
    except (ValueError, OSError):
        return file
    return file if relative.startswith("..") else relative

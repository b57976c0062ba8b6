"""Find the user's own line: the innermost frame that is neither Penstock's nor a library's that it called."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Iterator
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
    """Return where the user's code called into Penstock, directly or through a library such as NumPy."""
    near: FrameType | None = sys._getframe(1)
    while near is not None and _is_ours(near):
        near = near.f_back
    if near is not None and not _is_library(near.f_code.co_filename):
        return _location(near.f_code.co_filename, near.f_lineno)
    return _through_libraries(near)


_location = functools.lru_cache(maxsize=1024)(Location)


def _through_libraries(frame: FrameType | None) -> Location:
    """Return the user's line that called a library which called into Penstock; the library's line where there is none."""
    calling = _calling_frames(frame)
    nearest = next(calling, None)
    if nearest is None:
        return Location("<unknown>", 0)
    for outer in (nearest, *calling):
        if not _is_library(outer.f_code.co_filename):
            return Location(outer.f_code.co_filename, outer.f_lineno)
    return Location(nearest.f_code.co_filename, nearest.f_lineno)


def definition(code: CodeType) -> Location:
    """Return where a function was defined."""
    return Location(code.co_filename, code.co_firstlineno)


def innermost(traceback: TracebackType | None) -> Location | None:
    """Return the user's line that is deepest in a traceback: the line to look at first."""
    found = None
    while traceback is not None:
        file = traceback.tb_frame.f_code.co_filename
        if not _is_ours(traceback.tb_frame) and (found is None or not _is_library(file)):
            found = Location(file, traceback.tb_lineno)
        traceback = traceback.tb_next
    return found


def _calling_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """Yield the frames from this one to Penstock's own call of the user's code, innermost first."""
    while frame is not None and not _is_ours(frame):
        yield frame
        frame = frame.f_back


def _is_ours(frame: FrameType) -> bool:
    module = frame.f_globals.get("__name__", "")
    return isinstance(module, str) and _is_our_code(module, frame.f_code.co_filename)


@functools.lru_cache(maxsize=1024)
def _is_our_code(module: str, file: str) -> bool:
    return module.partition(".")[0] in (_PACKAGE, "attr") or file.startswith("<attrs generated")


@functools.lru_cache(maxsize=1024)
def _is_library(file: str) -> bool:
    """Say whether a file is the standard library's or an installed distribution's."""
    return file.startswith("<frozen") or os.path.realpath(file).startswith(_libraries())


@functools.cache
def _libraries() -> tuple[str, ...]:
    """Return the folders of libraries, which a process that records nothing, as a worker, need not find out."""
    import sysconfig

    paths = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(os.path.realpath(path) + os.sep for path in paths)


def _shortest(file: str) -> str:
    """Write a path under the working directory relative to it: shorter to read, and editors still open it."""
    try:
        relative = os.path.relpath(file)
    except (ValueError, OSError):
        return file
    return file if relative.startswith("..") else relative

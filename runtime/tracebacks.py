"""Cut a traceback down to the frames that a user can do something about."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

from .frames import is_of_library, is_ours


def user_frames(error: BaseException) -> str:
    """Return the traceback as text, causes included, without Penstock's own frames.

    Of a library's frames only the last is kept: it says where the error was raised.
    """
    told = traceback.TracebackException.from_exception(error, limit=None)
    waiting: list[tuple[traceback.TracebackException | None, BaseException | None]] = [(told, error)]
    while waiting:  # a chain of causes may be longer than functions may nest
        waiting += _trim(*waiting.pop())
    return "".join(told.format())


def _trim(
    told: traceback.TracebackException | None, error: BaseException | None
) -> Iterator[tuple[traceback.TracebackException | None, BaseException | None]]:
    """Trim what is told of one exception, and yield what came before it and what it is made of."""
    if told is None or error is None:
        return
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [index for index, frame in enumerate(frames) if is_ours(frame)]
    kept = [
        summary
        for index, summary in enumerate(told.stack)
        if index not in ours and (index == len(frames) - 1 or not is_of_library(summary.filename))
    ]
    told.stack[:] = kept
    yield told.__cause__, error.__cause__
    yield told.__context__, error.__context__
    if isinstance(error, BaseExceptionGroup):
        yield from zip(told.exceptions or (), error.exceptions, strict=False)

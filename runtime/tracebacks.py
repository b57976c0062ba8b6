"""Cut a traceback down to the frames that a user can do something about."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator

_PACKAGE = __name__.partition(".")[0]
_LIBRARIES = (*(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")), "<frozen ")


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
    modules = [str(frame.f_globals.get("__name__", "")) for frame in frames]
    ours = [index for index, name in enumerate(modules) if name == _PACKAGE or name.startswith(_PACKAGE + ".")]
    kept = [
        summary
        for index, summary in enumerate(told.stack)
        if index not in ours and (index == len(frames) - 1 or not summary.filename.startswith(_LIBRARIES))
    ]
    told.stack[:] = kept
    yield told.__cause__, error.__cause__
    yield told.__context__, error.__context__
    if isinstance(error, BaseExceptionGroup):
        yield from zip(told.exceptions or (), error.exceptions, strict=False)

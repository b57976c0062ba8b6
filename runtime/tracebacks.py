"""Cut a traceback down to the frames that a user can do something about."""

from __future__ import annotations

import sysconfig
import traceback

_PACKAGE = __name__.partition(".")[0]
_LIBRARIES = (*(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")), "<frozen ")


def user_frames(error: BaseException) -> str:
    """Return the traceback as text, causes included, without Penstock's own frames.

    Of a library's frames only the last is kept: it says where the error was raised.
    """
    told = traceback.TracebackException.from_exception(error, limit=None)
    _trim(told, error)
    return "".join(told.format())


def _trim(told: traceback.TracebackException, error: BaseException | None) -> None:
    if error is None:
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
    for inner, cause in ((told.__cause__, error.__cause__), (told.__context__, error.__context__)):
        if inner is not None:
            _trim(inner, cause)
    if isinstance(error, BaseExceptionGroup):
        for inner, member in zip(told.exceptions or (), error.exceptions, strict=False):
            _trim(inner, member)

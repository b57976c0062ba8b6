"""Tell the frames of a user's code from ours, and cut those off that say nothing to the user."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from types import FrameType

_PACKAGE = __name__.partition(".")[0]


@contextlib.contextmanager
def ours_hidden(*kinds: type[BaseException]) -> Iterator[None]:
    """Where an exception of some kinds comes through, cut off the frames below the caller's that are nobody's but ours.

    What is left ends with the last line of the user's, or with the caller's.
    """
    try:
        yield
    except kinds as error:
        last = below = error.__traceback__ and error.__traceback__.tb_next  # the first frame is this function's
        while below is not None:
            last = below if is_users(below.tb_frame) else last
            below = below.tb_next
        if last is not None:
            last.tb_next = None
        raise


def is_users(frame: FrameType) -> bool:
    """Say whether a frame is neither ours nor a library's."""
    return not is_ours(frame) and not is_of_library(frame.f_code.co_filename)


def is_ours(frame: FrameType) -> bool:
    """Say whether a frame is Penstock's own."""
    name = str(frame.f_globals.get("__name__", ""))
    return name == _PACKAGE or name.startswith(_PACKAGE + ".")


def is_of_library(file: str) -> bool:
    """Say whether a file of code is Python's, or one that was installed."""
    return file.startswith(_libraries())


@functools.cache
def _libraries() -> tuple[str, ...]:
    import sysconfig  # which few runs need

    return (*(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")), "<frozen ")

"""Turn SIGTERM into an exception while a run goes on, so that its processes are stopped and its end is recorded."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


class Terminated(SystemExit):
    """The driver was asked to end by SIGTERM. A step that runs inside the driver is not to blame for it."""

    def __repr__(self) -> str:
        return "SIGTERM"


@contextlib.contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Raise Terminated in the main thread when SIGTERM comes, unless the program handles it itself."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return
    signal.signal(signal.SIGTERM, _leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _leave(number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # stopping takes a moment, and once is enough
    raise Terminated(128 + number)

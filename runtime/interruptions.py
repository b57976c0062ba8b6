"""Turn SIGTERM, and the end of the terminal, into an exception while a run goes on: its processes are stopped, its end is recorded.

Neither these nor Ctrl-C may come a second time while a run is being stopped: it would be left half stopped. Nor after SIGTERM while
the process ends: it would not come to tell its exit code.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, final

PATIENCE: Final = 3.0
"""Seconds after a signal for which none is heard: stopping takes a moment, and people press Ctrl-C until it is over."""

_HANG_UP: Final = getattr(signal, "SIGHUP", -1)
"""What a process gets whose terminal is closed, unless it was started with nohup. Windows has none."""


class Terminated(SystemExit):
    """The driver was asked to end by a signal. A step that runs inside the driver is not to blame for it."""

    def __repr__(self) -> str:
        return "SIGHUP, the end of its terminal" if self.code == 128 + _HANG_UP else "SIGTERM"


@contextlib.contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Raise Terminated in the main thread when SIGTERM or SIGHUP comes, and KeyboardInterrupt for Ctrl-C, but once each time.

    A signal that the program handles itself is left to it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual: dict[int, Any] = {signal.SIGTERM: signal.SIG_DFL, signal.SIGINT: signal.default_int_handler}
    usual |= {_HANG_UP: signal.SIG_DFL} if _HANG_UP > 0 else {}
    before = {number: signal.getsignal(number) for number in usual}
    replaced = [number for number, handler in usual.items() if before[number] is handler or _is_over(before[number])]
    leave = _Leave()
    for number in replaced:
        signal.signal(number, leave)
    try:
        yield
    finally:
        leave.is_over = True
        for number in () if leave.is_final else replaced:
            signal.signal(number, usual[number])


@final
class _Leave:
    """A handler of signals that is deaf for a while after it was heard, and as long as its run goes on after SIGTERM or SIGHUP.

    Those are ``is_final``: it stays after the run ``is_over``, and once it hears again it does what is done without it.
    """

    def __init__(self) -> None:
        self.is_final = False
        self.is_over = False
        self._deaf_until = 0.0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now < self._deaf_until or (self.is_final and not self.is_over):
            return
        self._deaf_until = now + PATIENCE
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        if self.is_over:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.is_final = True
        raise Terminated(128 + number)


def hear_no_more() -> None:
    """Let a process that is about to end come to its end, and tell its exit code, however often it is asked to."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)


def _is_over(handler: object) -> bool:
    return isinstance(handler, _Leave) and handler.is_over

"""Turn SIGTERM, and the end of the terminal, into an exception while a run goes on: its processes are stopped, its end is recorded.

Neither these nor Ctrl-C may come a second time while a run is being stopped: it would be left half stopped.
"""

from __future__ import annotations

import contextlib
import math
import signal
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, Final, final

PATIENCE: Final = 3.0
"""Seconds after Ctrl-C for which it is not heard again: stopping takes a moment, and people press it until it is over."""

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
    replaced = {number: handler for number, handler in usual.items() if signal.getsignal(number) is handler}
    leave = _Leave()
    for number in replaced:
        signal.signal(number, leave)
    try:
        yield
    finally:
        for number, handler in replaced.items():
            signal.signal(number, handler)


@final
class _Leave:
    """A handler of signals that is deaf for a while after it was heard, and for good after SIGTERM or SIGHUP."""

    def __init__(self) -> None:
        self._deaf_until = 0.0

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now < self._deaf_until:
            return
        self._deaf_until = now + PATIENCE if number == signal.SIGINT else math.inf
        raise KeyboardInterrupt if number == signal.SIGINT else Terminated(128 + number)

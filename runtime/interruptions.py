"""Turn SIGTERM, and the end of the terminal, into an exception while a run goes on: its processes are stopped, its end is recorded.

Neither these nor Ctrl-C may come a second time while a run is being stopped: it would be left half stopped. Nor after SIGTERM while
the process ends: it would not come to tell its exit code.
"""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any, ClassVar, Final, final

PATIENCE: Final = 3.0
"""Seconds after a signal for which none is heard: stopping takes a moment, and people press Ctrl-C until it is over."""

_HOLD_UP: Final = 0.5
"""Seconds after a signal in which all should be done that is done as a whole; then that is broken off."""

_HANG_UP: Final = getattr(signal, "SIGHUP", -1)
"""What a process gets whose terminal is closed, unless it was started with nohup. Windows has none."""


class Terminated(SystemExit):
    """The driver was asked to end by a signal. A step that runs inside the driver is not to blame for it."""

    def __repr__(self) -> str:
        return "SIGHUP, the end of its terminal" if self.code == 128 + _HANG_UP else "SIGTERM"


def as_a_whole(wake: Callable[[], object]) -> AbstractContextManager[None]:
    """Have the main thread do something to its end before a signal is raised, but for what would take it long.

    ``wake`` sees to it that it does not wait for anything from then on.
    """
    is_main = threading.get_ident() == threading.main_thread().ident
    return _Whole(wake) if is_main else contextlib.nullcontext()


@final
class _Whole:
    """What is done as a whole; it may be done many times, also while something else is."""

    wakes: ClassVar[list[Callable[[], object]]] = []
    waiting: ClassVar[BaseException | None] = None

    def __init__(self, wake: Callable[[], object]) -> None:
        self._wake = wake

    def __enter__(self) -> None:
        self.wakes.append(self._wake)

    def __exit__(self, *_ended: object) -> None:
        self.wakes.pop()
        if not self.wakes:
            _raise_waiting()


def _raise_waiting() -> None:
    """Raise what waits for the end of something, if anything does."""
    error = _Whole.waiting
    if error is not None:  # else it stays as it is: another signal may come between two lines
        _Whole.waiting = None
        raise error


def _interrupt(number: int, error: BaseException) -> None:
    """Raise an error when all is done that is done as a whole, or after a while in any case."""
    _Whole.waiting = error
    if not _Whole.wakes:
        _raise_waiting()
    _Whole.wakes[-1]()
    with contextlib.suppress(RuntimeError):  # no thread may be started any more: the next signal will do
        _thread.start_new_thread(_remind, (number, error))


def _remind(number: int, error: BaseException) -> None:
    time.sleep(_HOLD_UP)
    if _Whole.waiting is error and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident, number)  # type: ignore[arg-type]  # it has been started


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
        self._heard = -PATIENCE

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now >= self._heard + _HOLD_UP:
            _raise_waiting()
        if now < self._heard + PATIENCE or (self.is_final and not self.is_over):
            return
        self._heard = now
        if number == signal.SIGINT:
            _interrupt(number, KeyboardInterrupt())
            return
        if self.is_over:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        self.is_final = True
        _interrupt(number, Terminated(128 + number))


def hear_no_more() -> None:
    """Let a process that is about to end come to its end, and tell its exit code, however often it is asked to."""
    if threading.current_thread() is threading.main_thread():
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)


def _is_over(handler: object) -> bool:
    return isinstance(handler, _Leave) and handler.is_over

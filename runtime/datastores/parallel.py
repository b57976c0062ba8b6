"""Do something with many files at a time, and stop all of it when one fails or somebody interrupts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import TypeVar, final

from .streams import Advance

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""Files under way at the same time."""


class Stopped(BaseException):
    """What is under way is to end here: something else has failed. Nobody catches it but who says so."""


@final
class Stop:
    """Tells those that are under way to stop, at the next bytes that pass."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def now(self) -> None:
        """Stop them."""
        self._event.set()

    def checked(self, advance: Advance) -> Advance:
        """Return a function that passes counts on, and raises Stopped where it is time."""

        def note(count: int) -> None:
            if self._event.is_set() and count > 0:
                raise Stopped
            advance(count)

        return note


def at_once(act: Callable[[T], R], items: Iterable[T], stop: Stop | None = None) -> list[R]:
    """Do something with each of many things, some at a time, and return what it gives, in order.

    The first failure, or an interrupt, stops the others, and is raised.
    """
    known = list(items)
    if len(known) < 2:
        return [act(item) for item in known]
    with ThreadPoolExecutor(min(AT_ONCE, len(known)), thread_name_prefix="penstock-data") as pool:
        futures = [pool.submit(act, item) for item in known]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            unfinished = [future for future in futures if not future.done()]
            if stop is not None and unfinished:
                stop.now()
            for future in unfinished:
                future.cancel()
    _raise_failure(futures)
    return [future.result() for future in futures]


def _raise_failure(futures: list[Future[R]]) -> None:
    for future in futures:
        error = None if future.cancelled() else future.exception()
        if error is not None and not isinstance(error, Stopped):
            raise error

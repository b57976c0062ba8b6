"""Write accepted requests into the queue, as many as have come at once in one transaction."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import TypeAlias, final

from ..endpoints import QueuedRun
from ..endpoints.queue import Queue
from ..history import Session

_MOST = 500
"""Requests in one transaction."""

_Waiting: TypeAlias = tuple[QueuedRun, asyncio.AbstractEventLoop, "asyncio.Future[tuple[QueuedRun, bool]]"]


@final
class Intake:
    """A thread that writes requests. ``on_written`` is called in it after each transaction."""

    def __init__(self, session: Session, requests: Queue, on_written: Callable[[], object]) -> None:
        self._session = session
        self._requests = requests
        self._on_written = on_written
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def add(self, request: QueuedRun) -> tuple[QueuedRun, bool]:
        """Write a request; return it, or the one with the same idempotency key, and whether it is new."""
        loop = asyncio.get_running_loop()
        written: asyncio.Future[tuple[QueuedRun, bool]] = loop.create_future()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="penstock-intake", daemon=True)
            self._thread.start()
        self._waiting.put((request, loop, written))
        return await written

    def close(self) -> None:
        """Write what is left, and end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join()
            self._thread = None

    def _work(self) -> None:
        while True:
            first = self._waiting.get()
            if first is None:
                return
            batch, last = self._gathered(first)
            self._write(batch)
            if last:
                return

    def _gathered(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        batch = [first]
        while len(batch) < _MOST:
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                break
            if one is None:
                return batch, True
            batch.append(one)
        return batch, False

    def _write(self, batch: list[_Waiting]) -> None:
        results: list[tuple[QueuedRun, bool] | Exception] = []
        try:
            with self._session.connection() as connection, connection.transaction():
                results = [self._added(request) for request, _, _ in batch]
        except Exception as error:  # nothing of it is written
            results = [error] * len(batch)
        self._on_written()
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[tuple[QueuedRun, bool]], object]]] = {}
        for (_, loop, written), result in zip(batch, results, strict=True):
            by_loop.setdefault(loop, []).append((written, result))
        for loop, answers in by_loop.items():
            loop.call_soon_threadsafe(_tell, answers)

    def _added(self, request: QueuedRun) -> tuple[QueuedRun, bool] | Exception:
        try:
            return self._requests.add(request)
        except Exception as error:
            return error


def _tell(answers: list[tuple[asyncio.Future[tuple[QueuedRun, bool]], object]]) -> None:
    for written, result in answers:
        if written.cancelled():
            continue
        if isinstance(result, Exception):
            written.set_exception(result)
        else:
            written.set_result(result)  # type: ignore[arg-type]  # what add returned

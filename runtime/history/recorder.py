"""Write what happens during a run into the history, from a thread of its own.

An event costs the run one call to a queue. The thread gathers events for a moment, changes rows in memory, and writes
those that changed in one transaction. What cannot be written is kept and tried again; it is reported once, and once more
when the recorder is closed with rows that are still not written.
"""

from __future__ import annotations

import atexit
import contextlib
import math
import queue
import threading
import time
import warnings
from collections.abc import Callable, Mapping
from typing import TypeAlias, final

from attrs import field, frozen

from ...compilers.errors import PenstockError
from ..errors import HistoryBusy
from ..events import Event, RunEnded, RunStarted
from ..states import State
from .absorption import absorb
from .connections import Connect, Connection
from .ledgers import Ledger, add_graph, open_ledger
from .liveness import HEARTBEAT
from .writing import write

INTERVAL = 0.01
"""Seconds for which events are gathered before they are written."""

PATIENCE = 10.0
"""Seconds for which closing waits for a history that is locked or out of space, from when that began."""

_ATTEMPT = 2.5
"""Seconds for which one attempt to write waits for a lock. Then it is said who holds it; nothing is lost, it is tried again."""

_AT_ONCE = 2000
"""Events that are taken in before they are written, at most."""

_RETRY = 0.5
"""Seconds between two attempts to write."""

Facts: TypeAlias = Callable[[], Mapping[str, str]]


class HistoryWarning(UserWarning):
    """Part of a run is not in the history, or not yet; the run itself is not affected.

    The message says why. Make room, allow writing or free the lock; what was not written is lost when the process ends.
    """


def announce(problem: str) -> None:
    """Warn, while a run goes on, that its history cannot be written for now."""
    told = f"the history cannot be written for now: {problem}. The run goes on, and waits at its end for {PATIENCE:g} s at most"
    warnings.warn(told, HistoryWarning, stacklevel=2)


@frozen
class _Request:
    """Asks the thread to write at once, and to end after that where it is the ``last``."""

    last: bool = False
    done: threading.Event = field(factory=threading.Event)


@final
class Recorder:
    """A listener that writes the history, one run after another.

    ``connect`` opens the database, in the recorder's thread, at the first event. ``facts`` and ``packages`` are collected
    there too, once a run. ``on_problem`` is called, from that thread, the first time that something cannot be written;
    ``problem`` is why there are rows that are not written yet, or None.
    """

    def __init__(
        self,
        connect: Connect,
        *,
        facts: Facts = dict,
        packages: Facts = dict,
        on_problem: Callable[[str], object] | None = None,
        patience: float = PATIENCE,
    ) -> None:
        self._connect = connect
        self._collect = facts, packages
        self._on_problem = on_problem
        self._patience = patience
        self._queue: queue.SimpleQueue[Event | _Request] = queue.SimpleQueue()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._ledgers: list[Ledger] = []
        self._lost: list[str] = []
        self._failing: str | None = None
        self._failing_since = math.inf
        self._reported = False
        self._hopeful = True
        self._connection: Connection | None = None

    def __call__(self, event: Event) -> None:
        """Take an event. Returns at once and never raises for a history that cannot be written."""
        self._queue.put(event)
        if self._thread is None:
            self._start()
        if isinstance(event, RunEnded):
            self._hurry.set()

    @property
    def problem(self) -> str | None:
        """Why something is not written, or None when all is well."""
        problems = [*self._lost, *([self._failing] if self._failing else [])]
        return "; ".join(problems) or None

    def flush(self) -> None:
        """Wait until all events so far are written, or one attempt has failed (see ``problem``)."""
        self._ask(_Request())

    def close(self) -> None:
        """Write what is left and end. A run that has not ended by now is recorded as failed.

        Warns with :class:`HistoryWarning` when something could not be written.
        """
        self._ask(_Request(last=True))
        if self._thread is not None:
            self._thread.join()
            self._thread = None
            atexit.unregister(self.close)
        problem, self._lost, self._failing = self.problem, [], None
        if problem:
            warnings.warn(f"part of the history is not written: {problem}", HistoryWarning, stacklevel=2)

    def _ask(self, request: _Request) -> None:
        thread = self._thread
        if thread is None or not thread.is_alive():
            return
        self._queue.put(request)
        self._hurry.set()
        while not request.done.wait(_RETRY) and thread.is_alive():
            pass  # a thread that was about to end, since somebody else has closed the recorder, answers nobody

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._work, name="penstock-history", daemon=True)
            thread.start()
            self._thread = thread
        # A daemon is stopped when the interpreter ends, without a word: write before that.
        atexit.register(self.close)

    def _work(self) -> None:
        closing = False
        while not closing:
            messages = self._gather()
            self._guarded(self._absorb, [message for message in messages if not isinstance(message, _Request)])
            requests = [message for message in messages if isinstance(message, _Request)]
            closing = any(request.last for request in requests)
            self._guarded(self._finish if closing else self._write)
            for request in requests:
                request.done.set()

    def _guarded(self, act: Callable[..., object], *arguments: object) -> None:
        """Keep the thread alive whatever happens: a history must not end because of one bad event."""
        try:
            act(*arguments)
        except Exception as error:
            self._lost.append(f"{type(error).__name__}: {error}")
            self._report()

    def _gather(self) -> list[Event | _Request]:
        """Return the next messages: what comes within the interval, or at once when somebody waits or a run begins.

        That a run has begun must be known before its first step does anything.
        """
        try:
            messages = [self._queue.get(timeout=self._pause())]
        except queue.Empty:
            self._beat()
            return []
        if self._queue.qsize() < _AT_ONCE and not isinstance(messages[0], RunStarted):
            self._hurry.wait(INTERVAL)
            self._hurry.clear()
        # Only as many as are there now, and not too many of them: an endless stream must not put off writing.
        return messages + [self._queue.get() for _ in range(min(self._queue.qsize(), _AT_ONCE))]

    def _pause(self) -> float | None:
        """Return how long to wait for a message: until it is time to try again, or to give a sign of life."""
        if self._unwritten:
            return _RETRY
        return HEARTBEAT if any(not ledger.ended for ledger in self._ledgers) else None

    def _beat(self) -> None:
        for ledger in self._ledgers:
            if not ledger.ended:
                ledger.beat(time.time())

    def _absorb(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, RunStarted):
                self._guarded(self._begin, event)
            elif self._ledgers:
                self._guarded(absorb, event, self._ledgers[-1])

    def _begin(self, event: RunStarted) -> None:
        self._abandon()
        ledger = open_ledger(event)
        self._ledgers.append(ledger)
        self._guarded(add_graph, ledger, event.graph)
        if not ledger.run.graph:
            ledger.show_all()
        self._write()
        facts, packages = self._collect
        ledger.add_facts(facts(), packages())

    def _abandon(self) -> None:
        for ledger in self._ledgers:
            if not ledger.ended:
                ledger.abandon(State.FAILED, "the run was left before it ended")

    @property
    def _unwritten(self) -> list[Ledger]:
        return [ledger for ledger in self._ledgers if not ledger.written]

    def _write(self) -> None:
        """Write all changes in one transaction; on failure remember why, and keep them."""
        unwritten = self._unwritten
        if not unwritten:
            return
        began = time.monotonic()
        try:
            connection = self._connected()
            with connection.transaction():
                for ledger in unwritten:
                    write(ledger, connection)
        except Exception as error:
            self._disconnect()
            self._failing_since = min(self._failing_since, began)
            self._hopeful = isinstance(error, HistoryBusy)
            self._failing = str(error) if isinstance(error, PenstockError) else f"{type(error).__name__}: {error}"
            self._report()
            return
        self._failing, self._failing_since = None, math.inf
        for ledger in unwritten:
            ledger.mark_written()
        self._ledgers = [ledger for ledger in self._ledgers[:-1] if not ledger.ended] + self._ledgers[-1:]

    def _connected(self) -> Connection:
        if self._connection is None:
            self._connection = self._connect()
            self._connection.wait_at_most(_ATTEMPT)
        return self._connection

    def _report(self) -> None:
        if self._on_problem is None or self._reported:
            return
        self._reported = True
        with contextlib.suppress(Exception):  # who is told must not be able to stop the thread
            self._on_problem(self.problem or "")

    def _finish(self) -> None:
        self._abandon()
        self._write()
        deadline = min(self._failing_since, time.monotonic()) + self._patience
        while self._unwritten and self._hopeful and time.monotonic() < deadline:
            time.sleep(min(_RETRY, self._patience))
            self._write()
        connection = self._connection
        if connection is not None and not connection.current():
            self._lost.append(
                f"the history {connection.location} was deleted or replaced while the run went on, so that what was written "
                "cannot be shown or reused; run again to have it in the new one"
            )
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

"""Take requests out of the queue and have them carried out: limits, leases, time-outs, cancelling, and what is left of a crash.

One thread decides everything; host processes report from threads of their own. What a server that was killed had taken is
free again when its lease has run out, or when another one on its machine sees that it is gone. Its host carries the run on meanwhile: it is followed if it is still at it, and else
begun anew under its id, where completed steps are reused.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final, final

from attrs import define

from ..endpoints import QueuedRun
from ..endpoints.owners import new_owner
from ..endpoints.queue import LEASE, Queue
from ..errors import HistoryError, RunNotFound
from ..history import History
from ..history.liveness import PROBLEM
from ..history.records import RunRecord
from ..states import State
from .hosts import Hosts, Order, Report

log = logging.getLogger("penstock.server")

TRIES: Final = 3
"""How often a run is begun whose process died."""

_LOOK = 0.5
"""Seconds between two looks for what other servers have put into the queue, or cancelled."""

_PATIENCE = 10.0
"""Seconds after which a run that was asked to end is killed."""

STOPPED: Final = "the server is stopping; the run goes on when one is started again"


def was_left(record: RunRecord) -> bool:
    """Say whether a run ended only because its process died or its server was stopped: it is taken up again."""
    died = record.state is State.FAILED and record.problem == PROBLEM
    return died or (record.state is State.CANCELLED and record.problem == STOPPED)


@define
class _Held:
    """A request that this server has. ``adopted``: its run goes on in a host of a server that is gone."""

    request: QueuedRun
    begun: float
    adopted: bool = False
    cancelled: float | None = None
    given_up: bool = False


@final
class Dispatcher:
    """Carries out requests. ``on_change`` is called whenever something happened to a run."""

    def __init__(
        self,
        queue: Queue,
        history: History,
        hosts: Hosts,
        *,
        per_endpoint: int | None,
        timeout: float | None,
        on_change: Callable[[], object],
    ) -> None:
        self.owner = new_owner()
        self._queue = queue
        self._history = history
        self._hosts = hosts
        self._per_endpoint = per_endpoint
        self._timeout = timeout
        self._on_change = on_change
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._renewed = 0.0
        self._looked = 0.0
        self._looked_for_dead = float("-inf")
        self._thread = threading.Thread(target=self._work, name="penstock-dispatch", daemon=True)

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def wake(self) -> None:
        """Say, from any thread, that there may be something to do."""
        self._wake.set()

    def hear(self, report: Report) -> None:
        """Take in what a host says."""
        if report.news == "started":
            self._on_change()
            return
        with self._lock:
            held = self._held.pop(report.run, None)
        if held is not None:
            self._settle(held, report)
        self._on_change()
        self.wake()

    def cancel(self, run: str, reason: str) -> None:
        """Stop a run that goes on here."""
        held = self._held.get(run)
        if held is not None and held.cancelled is None:
            held.cancelled = time.monotonic()
            self._hosts.cancel(run, reason)

    def close(self, grace: float) -> None:
        """Take nothing more; wait for what goes on, and give back what has not ended after so many seconds."""
        self._stopping = True
        self.wake()
        deadline = time.monotonic() + grace
        while self._held and time.monotonic() < deadline:
            time.sleep(0.02)
        for held in tuple(self._held.values()):
            held.given_up = True
            self._hosts.cancel(held.request.id, STOPPED)
        deadline = time.monotonic() + _PATIENCE
        while any(not held.adopted for held in tuple(self._held.values())) and time.monotonic() < deadline:
            time.sleep(0.02)
        for held in tuple(self._held.values()):
            self._queue.release(held.request.id, self.owner)
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)

    def _work(self) -> None:
        while not self._stopping:
            try:
                self._look_after()
                self._look_for_dead()
                self._take()
            except HistoryError as error:  # the database is busy, or away: it is tried again
                log.warning("the queue cannot be read: %s", error)
                time.sleep(_LOOK)
            except Exception:
                log.exception("dispatching failed")
                time.sleep(_LOOK)
            self._wake.wait(_LOOK)
            self._wake.clear()

    def _take(self) -> None:
        while self._hosts.free > 0 and not self._stopping:
            request = self._queue.take(self.owner, full=self._full())
            if request is None:
                return
            self._begin(request)

    def _look_for_dead(self) -> None:
        """Give back at once what servers of this machine held that were killed."""
        now = time.monotonic()
        if now - self._looked_for_dead < LEASE / 6:
            return
        self._looked_for_dead = now
        for run in self._queue.release_dead():
            log.warning("run %s was held by a server that is gone; it is taken up", run)

    def _full(self) -> list[str]:
        if self._per_endpoint is None:
            return []
        running = Counter(held.request.endpoint for held in tuple(self._held.values()))
        return [endpoint for endpoint, count in running.items() if count >= self._per_endpoint]

    def _begin(self, request: QueuedRun) -> None:
        run = request.id
        before = self._before(run)
        if request.cancelled and before is not State.RUNNING:
            self._queue.end(run, self.owner, "cancelled before it began")
        elif before is State.RUNNING:
            self._held[run] = _Held(request, time.monotonic(), adopted=True)
        elif before in (State.COMPLETED, State.FAILED):
            self._queue.end(run, self.owner)
        elif request.tries > TRIES:
            self._queue.end(run, self.owner, f"its process died {TRIES} times; it is not tried again")
        else:
            self._held[run] = _Held(request, time.monotonic())
            tags = {**request.tags, "endpoint": request.endpoint, "version": request.version}
            self._hosts.start(
                Order("run", run, request.bundle, request.parameters, request.experiment, tags),
            )
        self._on_change()

    def _before(self, run: str) -> State | None:
        """Say how an earlier try stands; None where there was none, or one that died or was given back."""
        try:
            record = self._history.run(run)
        except RunNotFound:
            return None
        return None if was_left(record) else record.state

    def _look_after(self) -> None:
        """Hold what this server has, and end what was cancelled, takes too long, or has ended elsewhere."""
        now = time.monotonic()
        if now - self._looked < _LOOK or not self._held:
            return
        self._looked = now
        renew = now - self._renewed > LEASE / 4
        for run, held in tuple(self._held.items()):
            if renew and not self._queue.renew(run, self.owner):
                self.cancel(run, "another server has taken the run")
            self._look_at(run, held, now)
        if renew:
            self._renewed = now

    def _look_at(self, run: str, held: _Held, now: float) -> None:
        if held.adopted:
            self._look_at_adopted(run, held)
            return
        limit = held.request.timeout or self._timeout
        if limit is not None and now - held.begun > limit:
            self.cancel(run, f"it took longer than its time-out of {limit:g} s")
        elif held.cancelled is None:
            asked = self._queue.get(run)
            if asked is not None and asked.cancelled:
                self.cancel(run, "somebody cancelled the run")
        if held.cancelled is not None and now - held.cancelled > _PATIENCE:
            self._hosts.kill(run)

    def _look_at_adopted(self, run: str, held: _Held) -> None:
        before = self._before(run)
        if before is State.RUNNING:
            return
        self._held.pop(run, None)
        if before is None:
            self._begin(held.request)
        else:
            self._queue.end(run, self.owner)

    def _settle(self, held: _Held, report: Report) -> None:
        """Note in the queue what became of a request."""
        request = held.request
        try:
            if held.given_up and report.state != State.COMPLETED.value:
                self._queue.release(request.id, self.owner)
            elif report.state:
                self._queue.end(request.id, self.owner, report.problem if report.news == "refused" else "")
            elif request.tries >= TRIES or held.cancelled is not None:
                self._queue.end(request.id, self.owner, report.problem)
            else:
                self._queue.release(request.id, self.owner)
        except HistoryError as error:  # its lease runs out, and whoever takes it sees how it stands
            log.warning("run %s cannot be settled: %s", request.id, error)

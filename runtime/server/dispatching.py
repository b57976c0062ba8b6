"""Take requests out of the queue and have them carried out: limits, leases, time-outs, cancelling, and what is left of a crash.

One thread decides everything; host processes report from threads of their own. What a server that was killed had taken is
free again when its lease has run out, or when another one on its machine sees that it is gone. Its host carries the run on meanwhile: it is followed if it is still at it, and else
begun anew under its id, where completed steps are reused. What goes on elsewhere is followed by whoever begins it anew.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final, final

from attrs import define, frozen

from ..endpoints import LOCAL, QueuedRun
from ..endpoints.owners import new_owner
from ..endpoints.queue import LEASE, Queue
from ..errors import HistoryError, RunNotFound
from ..history import History
from ..history.liveness import PROBLEM
from ..history.records import RunRecord
from ..states import State
from .hosts import STOPPED, Hosts, Order, Report
from .orphans import stop_orphan

log = logging.getLogger("penstock.server")

TRIES: Final = 3
"""How often a run is begun whose process died."""

TRIES_ELSEWHERE: Final = 50
"""How often a run elsewhere is begun or followed anew: each stop of a server while it goes on is one."""

_LOOK = 0.5
"""Seconds between two looks for what other servers have put into the queue, or cancelled."""

_PATIENCE = 10.0
"""Seconds after which a run that was asked to end is killed."""


def was_left(record: RunRecord) -> bool:
    """Say whether a run ended only because its process died or its server was stopped: it is taken up again."""
    died = record.state is State.FAILED and record.problem == PROBLEM
    return died or (record.state is State.CANCELLED and record.problem == STOPPED)


@define
class _Held:
    """A request that this server has. ``adopted``: its run goes on in a host of a server that is gone."""

    request: QueuedRun
    place: Place
    begun: float
    adopted: bool = False
    cancelled: float | None = None
    given_up: bool = False


@frozen
class Place:
    """The processes for the runs of some computes. ``elsewhere``: they only follow what goes on without them."""

    hosts: Hosts
    computes: frozenset[str]
    elsewhere: bool = False

    @property
    def tries(self) -> int:
        """How often a run is begun there."""
        return TRIES_ELSEWHERE if self.elsewhere else TRIES


@final
class Dispatcher:
    """Carries out requests at ``places``. ``on_change`` is called whenever something happened to a run."""

    def __init__(
        self,
        queue: Queue,
        history: History,
        places: Sequence[Place],
        *,
        per_endpoint: int | None,
        timeout: float | None,
        on_change: Callable[[], object],
    ) -> None:
        self.owner = new_owner()
        self._queue = queue
        self._history = history
        self._places = places
        self._per_endpoint = per_endpoint
        self._timeout = timeout
        self._on_change = on_change
        self._held: dict[str, _Held] = {}
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = False
        self._is_asked_to_end: Callable[[], bool] = bool
        self._renewed = 0.0
        self._looked = 0.0
        self._looked_for_dead = float("-inf")
        self._thread = threading.Thread(target=self._work, name="penstock-dispatch", daemon=True)

    def start(self) -> None:
        """Begin to take requests."""
        self._thread.start()

    def end_when(self, is_asked: Callable[[], bool]) -> None:
        """Say how it can be seen that this server was asked to end. Whoever signals all processes at once stops it, and not the runs."""
        self._is_asked_to_end = is_asked

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
            if held.adopted and not held.place.elsewhere:
                stop_orphan(self._history, run)
            else:
                held.place.hosts.cancel(run, reason)

    def close(self, grace: float) -> None:
        """Take nothing more; wait for what goes on here, and give back what has not ended after so many seconds."""
        self._stopping = True
        self.wake()
        deadline = time.monotonic() + grace
        while any(not held.place.elsewhere for held in tuple(self._held.values())) and time.monotonic() < deadline:
            time.sleep(0.02)
        for held in tuple(self._held.values()):
            held.given_up = True
            if held.place.elsewhere:
                held.place.hosts.leave(held.request.id)
            else:
                held.place.hosts.cancel(held.request.id, STOPPED)
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

    def _is_leaving(self) -> bool:
        return self._stopping or self._is_asked_to_end()

    def _take(self) -> None:
        for place in self._places:
            while place.computes and place.hosts.free > 0 and not self._is_leaving():
                full = () if place.elsewhere else self._full()
                request = self._queue.take(self.owner, computes=place.computes, full=full)
                if request is None:
                    break
                self._begin(request, place)

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
        here = [held for held in tuple(self._held.values()) if not held.place.elsewhere]
        running = Counter(held.request.endpoint for held in here)
        return [endpoint for endpoint, count in running.items() if count >= self._per_endpoint]

    def _begin(self, request: QueuedRun, place: Place) -> None:
        run = request.id
        before = self._before(run)
        goes_on = before is State.RUNNING or (place.elsewhere and request.tries > 1)
        if request.cancelled and not goes_on:
            self._queue.end(run, self.owner, "cancelled before it began")
        elif before is State.RUNNING:
            self._held[run] = _Held(request, place, time.monotonic() - self._elapsed(run), adopted=True)
        elif before in (State.COMPLETED, State.FAILED):
            self._queue.end(run, self.owner)
        elif request.tries > place.tries:
            self._queue.end(run, self.owner, f"its process died {place.tries} times; it is not tried again")
        else:
            self._start(request, place)
        self._on_change()

    def _start(self, request: QueuedRun, place: Place) -> None:
        before = self._elapsed(request.id) if place.elsewhere else 0.0
        self._held[request.id] = _Held(request, place, time.monotonic() - before)
        tags = {**request.tags, "endpoint": request.endpoint, "version": request.version}
        if request.compute != LOCAL:
            tags["compute"] = request.compute
        place.hosts.start(
            Order(
                "run", request.id, request.bundle, request.parameters, request.experiment, tags,
                compute=request.compute, requested=request.created,
            )
        )  # fmt: skip
        if request.cancelled:
            self.cancel(request.id, "somebody cancelled the run")

    def _elapsed(self, run: str) -> float:
        """Return for how many seconds a run has gone on, where an earlier process has followed it."""
        try:
            return max(0.0, time.time() - self._history.run(run).started)
        except RunNotFound:
            return 0.0

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
                self._yield(run, held)
            else:
                self._look_at(run, held, now)
        if renew:
            self._renewed = now

    def _yield(self, run: str, held: _Held) -> None:
        """Let go of what another server has taken."""
        if held.adopted:
            self._held.pop(run, None)
        elif held.place.elsewhere:
            held.place.hosts.leave(run)
        else:
            self.cancel(run, "another server has taken the run")

    def _look_at(self, run: str, held: _Held, now: float) -> None:
        if held.adopted and self._has_ended(run, held):
            return
        limit = held.request.timeout or self._timeout
        if limit is not None and now - held.begun > limit:
            self.cancel(run, f"it took longer than its time-out of {limit:g} s")
        elif held.cancelled is None:
            asked = self._queue.get(run)
            if asked is not None and asked.cancelled:
                self.cancel(run, "somebody cancelled the run")
        if held.cancelled is not None and now - held.cancelled > _PATIENCE and not held.place.elsewhere:
            held.place.hosts.kill(run)

    def _has_ended(self, run: str, held: _Held) -> bool:
        """Say whether an adopted run has ended, and settle that; one whose process died is begun anew."""
        before = self._before(run)
        if before is State.RUNNING:
            return False
        self._held.pop(run, None)
        if before is None:
            self._begin(self._queue.get(run) or held.request, held.place)
        else:
            self._queue.end(run, self.owner)
        return True

    def _goes_on(self, held: _Held, report: Report) -> bool:
        """Say whether a run ended only because this server does."""
        if held.given_up:
            return report.state != State.COMPLETED.value
        was_stopped = report.state == State.CANCELLED.value and held.cancelled is None
        return was_stopped and not held.place.elsewhere and self._is_leaving()

    def _settle(self, held: _Held, report: Report) -> None:
        """Note in the queue what became of a request."""
        request = held.request
        try:
            if self._goes_on(held, report):
                self._queue.release(request.id, self.owner)
            elif report.state:
                self._queue.end(request.id, self.owner, report.problem if report.news == "refused" else "")
            elif request.tries >= held.place.tries or (held.cancelled is not None and not held.place.elsewhere):
                self._queue.end(request.id, self.owner, report.problem)
            else:
                self._queue.release(request.id, self.owner)
        except HistoryError as error:  # its lease runs out, and whoever takes it sees how it stands
            log.warning("run %s cannot be settled: %s", request.id, error)

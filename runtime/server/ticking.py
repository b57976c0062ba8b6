"""Fire schedules when they are due, each time once, however many servers look."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol, final

from ...compilers.errors import PenstockError
from ..endpoints import ScheduleRecord
from ..endpoints.schedules import Schedules
from ..errors import HistoryError
from .rules import Rule, changed_files, next_due, read_rule
from .settings import Clock

log = logging.getLogger("penstock.server")

LATE = 60.0
"""Seconds after which a due time counts as missed: nobody was there."""

_LOOK = 1.0
"""Seconds between two looks at the schedules; other servers change them too."""


class Starts(Protocol):
    """What starts a run of an endpoint for a schedule, and returns the run's id. The same ``key`` starts one run only."""

    def __call__(self, schedule: ScheduleRecord, parameters: Mapping[str, Any], key: str, /) -> str: ...


Listing = Callable[[str, str], Mapping[str, str]]
"""Lists the files of a folder in a datastore, with what tells one state of a file from another."""


@final
class Ticker:
    """Fires what is due. :meth:`tick` does it once, for tests with a clock of their own."""

    def __init__(self, schedules: Schedules, starts: Starts, listing: Listing, owner: str, clock: Clock) -> None:
        self._schedules = schedules
        self._starts = starts
        self._listing = listing
        self._owner = owner
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="penstock-schedules", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def tick(self) -> list[str]:
        """Fire all that is due now, and return the runs that were started."""
        started: list[str] = []
        while (schedule := self._schedules.take_due(self._owner)) is not None:
            started += self._fire(schedule)
        return started

    def _work(self) -> None:
        while not self._stop.wait(_LOOK):
            try:
                self.tick()
            except HistoryError as error:  # the database is busy, or away
                log.warning("schedules cannot be read: %s", error)
            except Exception:
                log.exception("firing schedules failed")

    def _fire(self, schedule: ScheduleRecord) -> list[str]:
        now = self._clock()
        memory = {name: value for name, value in schedule.memory.items() if name != "problem"}
        started: list[str] = []
        try:
            rule = read_rule(schedule.rule)
            if rule.data is not None:
                seen, calls = self._changes(schedule, rule)
                memory["seen"] = seen
            else:
                calls = {str(schedule.due): dict(schedule.parameters)} if self._is_wanted(schedule, now) else {}
            for key, parameters in calls.items():
                started.append(self._starts(schedule, parameters, f"schedule:{schedule.name}:{key}"))
        except PenstockError as error:  # told where the schedule is shown; the next time may go well
            memory["problem"] = str(error)[:500]
        self._schedules.fired(schedule, self._next(schedule, now), started[-1] if started else None, memory)
        return started

    def _changes(self, schedule: ScheduleRecord, rule: Rule) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
        """Return what lies in the watched folder, and the parameters of a run for each file that is new or has changed."""
        data = rule.data
        if data is None:
            return {}, {}
        seen = dict(self._listing(data.datastore, data.path))
        calls = {
            f"{path}:{seen[path]}": {**schedule.parameters, data.parameter: f"datastore://{data.datastore}/{path}"}
            for path in changed_files(schedule.memory.get("seen"), seen)
        }
        return seen, calls

    def _is_wanted(self, schedule: ScheduleRecord, now: float) -> bool:
        return schedule.missed == "once" or now - (schedule.due or now) <= LATE

    def _next(self, schedule: ScheduleRecord, now: float) -> float | None:
        try:
            return next_due(
                read_rule(schedule.rule), schedule.time_zone, schedule.created, max(now, schedule.due or now)
            )
        except PenstockError:
            return None

"""Decide which runs are kept, and say how to remove the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs
from attrs import field, frozen

from .errors import WorkspaceError
from .states import State

if TYPE_CHECKING:
    from .history.pruning import Lifetime

GRACE = 3600.0
"""Seconds for which an artifact is spared after it was used."""

Progress: TypeAlias = Callable[[str, int, int], object]
"""Hears what is being done, how much of it is done, and of how much; 0 where that is not known."""


def silent(_what: str, _done: int, _total: int) -> None:
    """Hear of progress, and do nothing."""


def seconds(value: Any) -> Any:
    """Return a timedelta in seconds, and anything else as it is."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def _check_count(_instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 0):
        raise WorkspaceError(f"{attribute.name}={value!r} is wrong; expected a whole number from 0, or None")


def check_span(_instance: object, attribute: attrs.Attribute[Any], value: Any) -> None:
    """Refuse what is no span of time. Raises WorkspaceError."""
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not value >= 0:
        raise WorkspaceError(
            f"{attribute.name}={value!r} is wrong; expected a timedelta or a number of seconds from 0, or None"
        )


@frozen
class Retention:
    """Which runs are kept; all of them, where nothing is said.

    ``keep_runs`` keeps the newest completed runs of each pipeline, so many of them, and whatever began after the oldest
    of those. ``older_than`` keeps what ended within that time (a timedelta, or seconds). With both, a run must be
    neither to be forgotten. A run that has not ended is kept. Raises WorkspaceError for other values.
    """

    keep_runs: int | None = field(default=None, validator=_check_count)
    older_than: float | None = field(default=None, converter=seconds, validator=check_span)

    def doomed(self, runs: Iterable[Lifetime], now: float) -> list[str]:
        """Return the ids of the runs to be forgotten, of ``runs``, which come newest first."""
        if self.keep_runs is None and self.older_than is None:
            return []
        completed: Counter[str] = Counter()
        found = []
        for run in runs:
            if run.state.ended and self._is_surplus(completed[run.pipeline]) and self._is_old(run, now):
                found.append(run.id)
            completed[run.pipeline] += run.state is State.COMPLETED
        return found

    def _is_surplus(self, newer: int) -> bool:
        return self.keep_runs is None or newer >= self.keep_runs

    def _is_old(self, run: Lifetime, now: float) -> bool:
        return self.older_than is None or (run.ended or run.seen) < now - self.older_than


@frozen
class Cleaning:
    """How to clean; see :meth:`penstock.runtime.workspace.Workspace.clean`."""

    retention: Retention = field(factory=Retention)
    grace: float = field(default=GRACE, converter=seconds, validator=check_span)
    dry_run: bool = False
    sole_user: bool = False
    progress: Progress = silent

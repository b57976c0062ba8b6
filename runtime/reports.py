"""Say what a step tells its run while it is running: the events that come from a worker; the others are in :mod:`.events`.

Times are seconds since the epoch, UTC.
"""

from __future__ import annotations

from attrs import frozen


@frozen(eq=False)
class MetricLogged:
    """A step logged a number. ``index`` is the position along the step's own axis (epoch, batch), if it has one."""

    step: str
    time: float
    name: str
    value: float
    index: float | None = None


@frozen(eq=False)
class FileLogged:
    """A step logged a figure or a text; ``path`` is relative to the run's folder."""

    step: str
    time: float
    name: str
    path: str


@frozen(eq=False)
class Progressed:
    """A step's loop advanced to ``done`` of ``total`` (None when unknown)."""

    step: str
    time: float
    done: int
    total: int | None = None
    label: str = ""

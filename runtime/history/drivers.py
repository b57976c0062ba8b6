"""Name the process that drives a run."""

from __future__ import annotations

from attrs import frozen

from ..errors import RunNotFound
from . import processes
from .connections import Connection


@frozen(eq=False)
class Driver:
    """The process that drives, or drove, a run. ``identity`` tells it from all others that ever had its number."""

    host: str
    pid: int
    identity: str

    @property
    def is_here(self) -> bool:
        """Whether it runs on this machine."""
        return self.host == processes.host()

    def alive(self) -> bool | None:
        """Tell whether it is still there; None where that cannot be seen from here: another machine or container."""
        return processes.alive(self.pid, self.identity) if self.is_here else None


def driver_of(connection: Connection, run_id: str) -> Driver:
    """Return who drives a run. Raises RunNotFound."""
    rows = connection.rows("SELECT host, pid, process FROM runs WHERE id = ?", (run_id,))
    if not rows:
        raise RunNotFound(run_id)
    return Driver(*rows[0])

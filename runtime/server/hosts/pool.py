"""Keep host processes: so many runs at a time, and afterwards the processes for the next run of the same version.

A process for runs here carries out one at a time; one for runs elsewhere follows all runs of its bundle, and ends with the last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, final

from .orders import Order, Report
from .processes import Host, Program

MOST_RUNS = 200
"""Runs after which a process is replaced, so that what user code leaks does not grow for ever."""

Hear: TypeAlias = Callable[[Report], None]


@final
class Hosts:
    """Host processes of a ``program`` for up to ``most`` runs. ``hear`` is called, from some thread, with what became of each run.

    A run whose process died is told as ``ended`` with an empty state: whether it may be tried again is not decided here.
    """

    def __init__(self, root: Path, most: int, hear: Hear, program: Program = "child") -> None:
        self._root = root
        self._program = program
        self._shared = program == "away"
        self._most = most
        self._hear = hear
        self._lock = threading.RLock()
        self._hosts: list[Host] = []
        self._closing = False

    @property
    def busy(self) -> tuple[str, ...]:
        """The runs that go on."""
        with self._lock:
            return tuple(run for host in self._hosts for run in host.going)

    @property
    def free(self) -> int:
        """How many runs may be started now."""
        return 0 if self._closing else self._most - len(self.busy)

    def start(self, order: Order) -> None:
        """Start a run. Call only while there is a free place."""
        with self._lock:
            self._host_for(order.bundle).tell(order)

    def warm(self, bundle: str) -> None:
        """Open a bundle in a process that has nothing to do, where there is room for one."""
        with self._lock:
            known = any(host.bundle == bundle for host in self._hosts)
            if not known and not self._closing and len(self._hosts) < self._most:
                self._spawned().tell(Order("open", bundle=bundle))

    def cancel(self, run: str, reason: str) -> bool:
        """Ask for the end of a run; False where it does not go on here."""
        return self._tell(Order("cancel", run, reason=reason))

    def leave(self, run: str) -> bool:
        """Have a run elsewhere followed no more; it goes on. False where it is not followed here."""
        return self._tell(Order("leave", run))

    def kill(self, run: str) -> None:
        """Kill the process of a run that does not end."""
        host = self._with(run)
        if host is not None:
            host.kill()

    def close(self, patience: float) -> None:
        """Let every process end; kill those that have not after so many seconds."""
        with self._lock:
            self._closing = True
            hosts = list(self._hosts)
        for host in hosts:
            host.close()
        for host in hosts:
            if not host.wait(patience):
                host.kill()
                host.wait(1.0)

    def _tell(self, order: Order) -> bool:
        host = self._with(order.run)
        if host is not None:
            host.tell(order)
        return host is not None

    def _with(self, run: str) -> Host | None:
        with self._lock:
            return next((host for host in self._hosts if run in host.going), None)

    def _host_for(self, bundle: str) -> Host:
        """Return a process that holds the bundle and has room, or one that is new; the one idle for longest makes room."""
        idle = [host for host in self._hosts if self._shared or not host.going]
        found = next((host for host in idle if host.bundle == bundle), None)
        if found is not None:
            self._hosts.remove(found)
            self._hosts.append(found)  # the least used come first
            return found
        if len(self._hosts) >= self._most and idle and not self._shared:
            self._dismiss(idle[0])
        return self._spawned()

    def _spawned(self) -> Host:
        host = Host(self._root, self._program, self._report, self._mourn)
        self._hosts.append(host)
        return host

    def _dismiss(self, host: Host) -> None:
        self._hosts.remove(host)
        host.close()

    def _report(self, host: Host, report: Report) -> None:
        if report.news in ("ended", "refused"):
            with self._lock:
                host.going.discard(report.run)
                if host in self._hosts and not host.going and self._is_done(host, report):
                    self._dismiss(host)
        if report.run:
            self._hear(report)

    def _is_done(self, host: Host, report: Report) -> bool:
        return self._shared or report.news == "refused" or host.begun >= MOST_RUNS

    def _mourn(self, host: Host, how: str) -> None:
        with self._lock:
            if host in self._hosts:
                self._hosts.remove(host)
            lost, host.going = host.going, set()
        for run in lost:
            self._hear(Report("ended", run, "", how))

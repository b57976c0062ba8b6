"""Be a host process of runs that go on in Azure: submit the jobs of one bundle's runs, and follow all of them here.

A run that only waits takes a thread, neither a process nor a slot. When the server is gone, or says so, runs are left: their
jobs go on, and the next server follows them. However often a run is begun, its job is submitted once.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from typing import IO, Final, final

from ....compilers.lowering import Compiled
from ...azure.errors import RemoteError, RemoteTimeout, RemoteUnavailable
from ...errors import RunError
from ...events import Listener
from ...runners.azure_execution import AzureExecution, Claim, submit
from ...runs import Run
from ...workspace import Workspace
from ..uploads import Uploads
from .bringing import Bringing
from .homes import home_of
from .opening import Opening
from .orders import STOPPED, Order, Report, read_order
from .wires import Reports, connected

_PATIENCE: Final = 5.0
"""Seconds that runs have to note that they were left, when the server is gone."""

_RETRY: Final = 5.0
"""Seconds after which Azure is asked again to stop a job."""


@final
class AwayHost:
    """One host. Orders are taken in the main thread; each run has a thread of its own."""

    def __init__(self, workspace: Workspace, reports: IO[bytes]) -> None:
        self._workspace = workspace
        self._say = Reports(reports)
        self._opening = Opening(workspace)
        self._submitting = threading.Lock()
        self._lock = threading.Lock()
        self._going: dict[str, AzureExecution] = {}
        self._stops: dict[str, Order] = {}
        self._threads: list[threading.Thread] = []
        self._leaving = False

    def serve(self, orders: IO[bytes]) -> None:
        """Take orders until there are no more, and leave what goes on."""
        self._say(Report("ready"))
        for line in orders:
            order = read_order(line)
            act = self._stop if order.word in ("cancel", "leave") else self._obey
            thread = threading.Thread(target=act, args=(order,), name=f"penstock-{order.run}", daemon=True)
            self._threads = [*(one for one in self._threads if one.is_alive()), thread]
            thread.start()
        self._leave_all()

    def _obey(self, order: Order) -> None:
        try:
            with self._submitting:  # what is imported and recorded meanwhile is the process's own
                bundle = self._opening.open(order.bundle)
                if order.word != "run" or self._leaving:
                    return
                compiled = bundle.compiled(order.parameters, Uploads(self._workspace).path)
                execution = self._submitted(order, compiled)
        except (RemoteTimeout, RemoteUnavailable) as error:  # it may have arrived; the next try knows
            self._say(Report("ended", order.run, "", str(error)))
        except BaseException as error:  # whatever the code of a bundle raises when it is imported
            self._say(Report("refused", order.run, "failed", f"{type(error).__name__}: {error}"))
        else:
            self._follow(order.run, execution)

    def _submitted(self, order: Order, compiled: Compiled) -> AzureExecution:
        listeners: list[Listener] = []
        home = home_of(
            order.compute, self._workspace, experiment=order.experiment, tags=order.tags, listeners=listeners
        )
        listeners.append(Bringing(self._workspace, order.run, compiled.graph, home.stores))
        submission = uuid.uuid5(uuid.NAMESPACE_OID, f"{order.run} {order.bundle} {order.requested!r}")
        return submit(home, compiled, Claim(order.run, str(submission)))

    def _follow(self, run: str, execution: AzureExecution) -> None:
        with self._lock:
            self._going[run] = execution
            stop = self._stops.pop(run, None)
        self._say(Report("started", run))
        if self._leaving:
            execution.leave(STOPPED)
        elif stop is not None:
            self._stop(stop)
        report = _ended(execution.run)
        with self._lock:
            del self._going[run]
        self._say(report)

    def _stop(self, order: Order) -> None:
        """Leave a run, or ask for its end until Azure has heard it. One that is being submitted is stopped after that."""
        with self._lock:
            execution = self._going.get(order.run)
            if execution is None:
                self._stops[order.run] = order
                return
        if order.word == "leave":
            execution.leave(STOPPED)
            return
        with contextlib.suppress(RunError):  # it could not be followed to its end
            while not execution.wait(0.0):
                try:
                    execution.cancel(order.reason)
                except RemoteError:
                    time.sleep(_RETRY)
                else:
                    return

    def _leave_all(self) -> None:
        self._leaving = True
        with self._lock:
            going = tuple(self._going.values())
        for execution in going:
            execution.leave(STOPPED)
        deadline = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


def _ended(run: Run) -> Report:
    """Wait for the end of a run, and tell it."""
    try:
        run.wait()
    except RunError as error:
        return Report("ended", run.id, "failed", str(error))
    return Report("ended", run.id, run.status.value, run.record.problem)


def main() -> None:
    """Be a host of the workspace that the first argument names."""
    workspace, orders, reports = connected()
    AwayHost(workspace, reports).serve(orders)
    os._exit(0)  # a run that could not note in time that it was left must not be told as failed


if __name__ == "__main__":
    main()

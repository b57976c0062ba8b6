"""Be a host process: open bundles and carry out their runs, one at a time, as the server says.

When the server is gone, the run that goes on is carried to its end, and the history has it; then the process ends.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import IO, final

from ...bundles import Bundle, open_bundle
from ...endpoints import Registry
from ...executors.kept import KeptWorkers
from ...runners.local import Local
from ...runs import Run
from ...workspace import Workspace
from ..errors import ServerError
from ..uploads import Uploads
from .orders import Order, Report, read_order, written


@final
class HostProcess:
    """One host. Orders are taken in the main thread; a run has a thread of its own."""

    def __init__(self, workspace: Workspace, reports: IO[bytes]) -> None:
        self._workspace = workspace
        self._reports = reports
        self._lock = threading.Lock()
        self._workers = KeptWorkers()
        self._opened: tuple[str, Bundle] | None = None
        self._run: Run | None = None
        self._cancelled: dict[str, str] = {}
        self._thread: threading.Thread | None = None

    def serve(self, orders: IO[bytes]) -> None:
        """Take orders until there are no more, and end what was begun."""
        self._say(Report("ready"))
        for line in orders:
            order = read_order(line)
            if order.word == "cancel":
                self._cancel(order)
            else:
                self._await_run()
                self._thread = threading.Thread(target=self._obey, args=(order,), name="penstock-host")
                self._thread.start()
        self._await_run()
        self._workers.close()

    def _await_run(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def _cancel(self, order: Order) -> None:
        with self._lock:
            self._cancelled = {order.run: order.reason}
            run = self._run
        if run is not None and run.id == order.run:
            run.cancel(order.reason)

    def _obey(self, order: Order) -> None:
        try:
            bundle = self._open(order.bundle)
            if order.word == "run":
                self._carry_out(order, bundle)
        except BaseException as error:  # whatever the code of a bundle raises when it is imported
            self._say(Report("refused", order.run, "failed", f"{type(error).__name__}: {error}"))

    def _open(self, digest: str) -> Bundle:
        """Open a bundle; a process holds the modules of one only."""
        if self._opened is None:
            data = Registry(self._workspace.database).bundle(digest)
            self._workspace.prepare()
            bundle = open_bundle(data, self._workspace.folder / "bundles", f"bundle {digest[:12]}")
            bundle.compiled({})  # its modules can be imported from now on, by workers too
            self._opened = digest, bundle
            self._workers.warm()
        elif self._opened[0] != digest:
            raise ServerError(f"this process holds the bundle {self._opened[0]} already")
        return self._opened[1]

    def _carry_out(self, order: Order, bundle: Bundle) -> None:
        runner = Local(
            workspace=self._workspace,
            run_id=order.run,
            experiment=order.experiment,
            tags=order.tags,
            kept_workers=self._workers,
            display="none",
            raise_on_failure=False,
        )
        run = runner.start(bundle.compiled(order.parameters, Uploads(self._workspace).path))
        with self._lock:
            self._run = run
            reason = self._cancelled.pop(order.run, None)
        if reason is not None:
            run.cancel(reason)
        self._say(Report("started", order.run))
        run.wait()
        self._run = None
        self._say(Report("ended", order.run, run.status.value, run.record.problem))

    def _say(self, report: Report) -> None:
        try:
            self._reports.write(written(report))
            self._reports.flush()
        except OSError:  # the server is gone; the history will tell the next one
            pass


def main() -> None:
    """Be a host of the workspace that the first argument names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = os.fdopen(os.dup(0), "rb")
    reports = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)  # what user code prints while it is imported is no report
    HostProcess(Workspace.open(sys.argv[1]), reports).serve(orders)


if __name__ == "__main__":
    main()

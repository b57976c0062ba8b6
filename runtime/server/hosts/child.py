"""Be a host process: open bundles and carry out their runs, one at a time, as the server says.

When the server is gone, the run that goes on is carried to its end, and the history has it; then the process ends. A run that
has not begun by then is left to the next server, which takes it for such: otherwise both would carry it out. SIGTERM, which is
what `penstock stop` sends it where there is no server, ends the run and the process.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import IO, Any, final

from ... import clusters
from ...bundles import Bundle
from ...endpoints import Queue
from ...executors.kept import KeptWorkers
from ...interruptions import Terminated, stopped_by_sigterm
from ...runners.local import Local
from ...runs import Run
from ...workspace import Workspace
from ..computes import LocalCompute, RayCompute, compute_named
from ..uploads import Uploads
from .opening import Opening
from .orders import Order, Report, read_order
from .wires import Reports, connected


@final
class HostProcess:
    """One host. Orders are obeyed in the main thread; a run has a thread of its own.

    ``remote`` gives the workspace of Azure that a compute of the server means, for steps that run there.
    """

    def __init__(self, workspace: Workspace, reports: IO[bytes], remote: Callable[..., Any] | None = None) -> None:
        self._workspace = workspace
        self._remote = remote
        self._say = Reports(reports)
        self._opening = Opening(workspace)
        self._lock = threading.Lock()
        self._workers = KeptWorkers()
        self._run: Run | None = None
        self._is_alone = False
        self._orders: queue.SimpleQueue[Order | None] = queue.SimpleQueue()
        self._begun = ""
        self._cancelled: dict[str, str] = {}
        self._thread: threading.Thread | None = None

    def serve(self, orders: IO[bytes]) -> None:
        """Take orders until there are no more, and end what was begun; until SIGTERM, and cancel it."""
        self._say(Report("ready"))
        threading.Thread(target=self._listen, args=(orders,), name="penstock-orders", daemon=True).start()
        with stopped_by_sigterm():
            try:
                self._obey_all()
            except Terminated as signal:
                self._cancel(Order("cancel", self._begun, reason=self._why(signal)))
                self._await_run()
        self._workers.close()

    def _obey_all(self) -> None:
        while (order := self._orders.get()) is not None:
            if order.word == "cancel":
                self._cancel(order)
            else:
                self._await_run()
                self._begun = order.run
                self._thread = threading.Thread(target=self._obey, args=(order,), name="penstock-host")
                self._thread.start()
        self._await_run()

    def _why(self, signal: Terminated) -> str:
        """Say why the run ends: a server, or `penstock stop`, notes in the queue what somebody has cancelled before it signals."""
        request = Queue(self._workspace.database).get(self._begun)
        return (
            "somebody cancelled the run" if request and request.cancelled else f"the driver was stopped by {signal!r}"
        )

    def _listen(self, orders: IO[bytes]) -> None:
        """Hear at once that the server is gone, also while a bundle is being opened."""
        for line in orders:
            self._orders.put(read_order(line))
        self._is_alone = True
        self._orders.put(None)

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
        is_first = not self._opening.is_open
        bundle = self._opening.open(digest)
        if is_first:
            self._workers.warm()
        return bundle

    def _carry_out(self, order: Order, bundle: Bundle) -> None:
        runner, compiled = self._runner(order), bundle.compiled(order.parameters, Uploads(self._workspace).path)
        if self._is_alone:
            return
        run = runner.start(compiled)
        with self._lock:
            self._run = run
            reason = self._cancelled.pop(order.run, None)
        if reason is not None:
            run.cancel(reason)
        self._say(Report("started", order.run))
        run.wait()
        self._run = None
        self._say(Report("ended", order.run, run.status.value, run.record.problem))

    def _runner(self, order: Order) -> Local:
        """Return what carries a run out at the compute that was chosen."""
        compute = compute_named(order.compute, self._workspace)
        how: dict[str, Any] = {"kept_workers": self._workers}
        if isinstance(compute, RayCompute):
            how = {"executor": clusters.Ray(address=compute.address)}
        elif isinstance(compute, LocalCompute) and compute.remote and self._remote is not None:
            how["remote"] = self._remote(compute.remote, self._workspace, experiment=order.experiment, tags=order.tags)
        return Local(
            workspace=self._workspace, run_id=order.run, experiment=order.experiment, tags=order.tags, display="none",
            raise_on_failure=False, **how,
        )  # fmt: skip


def main() -> None:
    """Be a host of the workspace that the first argument names."""
    workspace, orders, reports = connected()
    HostProcess(workspace, reports).serve(orders)


if __name__ == "__main__":
    main()

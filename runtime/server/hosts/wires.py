"""Take a server's orders from standard input, and report on standard output."""

from __future__ import annotations

import os
import signal
import sys
import threading
from typing import IO, final

from ...workspace import Workspace
from .orders import Report, written


@final
class Reports:
    """Says what becomes of orders, from any thread."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def __call__(self, report: Report) -> None:
        """Say one thing."""
        with self._lock:
            try:
                self._stream.write(written(report))
                self._stream.flush()
            except OSError:  # the server is gone; the history will tell the next one
                pass


def connected() -> tuple[Workspace, IO[bytes], IO[bytes]]:
    """Return the workspace that the first argument names, the stream of orders, and that of reports."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    orders = os.fdopen(os.dup(0), "rb")
    reports = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)  # what user code prints while it is imported is no report
    return Workspace.open(sys.argv[1]), orders, reports

"""Give back what waits in a worker behind a step that takes its time, so that another worker can perform it."""

from __future__ import annotations

import threading
import time
from typing import Final, final

from ..channels import DriverLink
from ..segments import SLOW, Returned
from .packing import step_of

_LOOK: Final = 0.2
"""Seconds between two looks at how long a step has been running."""


@final
class HandBack:
    """Looks on while tasks are performed, from a thread that sleeps while there is none."""

    def __init__(self, link: DriverLink) -> None:
        self._link = link
        self._began: float | None = None
        self._busy = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Note that a task is performed from now on."""
        self._began = time.monotonic()
        self._busy.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._look_on, name="penstock-late", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Note that it has ended."""
        self._began = None
        self._busy.clear()

    def _look_on(self) -> None:
        pause = threading.Event()  # nobody sets it
        while self._busy.wait():
            pause.wait(_LOOK)
            began = self._began
            if began is not None and time.monotonic() - began > SLOW:
                for data in self._link.take_waiting():
                    self._link.send(Returned(step_of(data)))

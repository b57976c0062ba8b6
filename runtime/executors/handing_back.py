"""Give back what waits in a worker behind a step that takes its time, so that another worker can perform it."""

from __future__ import annotations

import time
from typing import final

from ..answers import SLOW, Returned
from ..links import DriverLink
from ..lookouts import Lookout
from .packing import step_of


@final
class HandBack:
    """Looks on while tasks are performed."""

    def __init__(self, link: DriverLink) -> None:
        self._link = link
        self._began: float | None = None
        self._lookout = Lookout(self._look, "penstock-late")

    def begin(self) -> None:
        """Note that a task is performed from now on."""
        self._began = time.monotonic()
        self._lookout.begin()
        self._lookout.start()

    def end(self) -> None:
        """Note that it has ended."""
        self._began = None
        self._lookout.end()

    def _look(self) -> None:
        began = self._began
        if began is not None and time.monotonic() - began > SLOW:
            for data in self._link.take_waiting():
                self._link.send(Returned(step_of(data)))

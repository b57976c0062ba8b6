"""Stop runs whose server is gone: their processes take orders from nobody, but they heed a signal."""

from __future__ import annotations

import logging
import threading
from typing import Final

from ..errors import HistoryError, RunError
from ..history import History
from ..stopping import stop

log = logging.getLogger("penstock.server")

_PATIENCE: Final = 10.0
"""Seconds after which a process that was asked to end is killed."""


def stop_orphan(history: History, run: str) -> None:
    """Ask the process of a run to stop it, and kill it where it does not. It is not waited for; what hinders it is logged."""
    threading.Thread(target=_stop, args=(history, run), name=f"penstock-stop-{run}", daemon=True).start()


def _stop(history: History, run: str) -> None:
    try:
        stop(history, run, patience=_PATIENCE, force=True)
    except (RunError, HistoryError) as error:
        log.warning("run %s cannot be stopped: %s", run, error)

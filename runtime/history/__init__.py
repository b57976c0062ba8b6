"""Remember runs: what ran, when, from which code, with what result. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use
from ..errors import HistoryBusy

if TYPE_CHECKING:
    from .connections import Connect, Connection
    from .identifiers import new_run_id
    from .lineage import Lineage, Origin
    from .opening import connect, connect_to_read
    from .queries import History
    from .recorder import HistoryWarning, Recorder, announce
    from .records import FileRecord, MetricRecord, RunRecord, StepRecord
    from .sessions import Session
    from .tables import Attempt

__all__ = [
    "Attempt",
    "Connect",
    "Connection",
    "FileRecord",
    "History",
    "HistoryBusy",
    "HistoryWarning",
    "Lineage",
    "MetricRecord",
    "Origin",
    "Recorder",
    "RunRecord",
    "Session",
    "StepRecord",
    "announce",
    "connect",
    "connect_to_read",
    "new_run_id",
]

_HOMES = {
    "Attempt": "tables",
    "Connect": "connections",
    "Connection": "connections",
    "FileRecord": "records",
    "History": "queries",
    "HistoryWarning": "recorder",
    "Lineage": "lineage",
    "MetricRecord": "records",
    "Origin": "lineage",
    "Recorder": "recorder",
    "RunRecord": "records",
    "Session": "sessions",
    "StepRecord": "records",
    "announce": "recorder",
    "connect": "opening",
    "connect_to_read": "opening",
    "new_run_id": "identifiers",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)

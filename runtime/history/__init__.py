"""Remember runs: what ran, when, from which code, with what result."""

from __future__ import annotations

from ..errors import HistoryBusy
from .connections import Connect, Connection
from .identifiers import new_run_id
from .lineage import Lineage, Origin
from .opening import connect, connect_to_read
from .queries import History
from .recorder import HistoryWarning, Recorder
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
    "connect",
    "connect_to_read",
    "new_run_id",
]

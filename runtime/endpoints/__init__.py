"""Keep what is published in the workspace's database, who may call it, when it runs by itself, and what waits to run."""

from .queue import Queue
from .records import EndpointRecord, QueuedRun, ScheduleRecord, TokenRecord, VersionRecord
from .registry import Registry
from .schedules import Schedules
from .tokens import Tokens

__all__ = [
    "EndpointRecord",
    "Queue",
    "QueuedRun",
    "Registry",
    "ScheduleRecord",
    "Schedules",
    "TokenRecord",
    "Tokens",
    "VersionRecord",
]

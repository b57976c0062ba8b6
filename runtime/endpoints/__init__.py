"""Keep what is published in the workspace's database, who may call it, when it runs by itself, and what waits to run.

All of it is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

if TYPE_CHECKING:
    from .queue import Queue
    from .records import LOCAL, EndpointRecord, QueuedRun, ScheduleRecord, TokenRecord, VersionRecord
    from .registry import Registry
    from .schedules import Schedules
    from .tokens import Tokens

__all__ = [
    "LOCAL",
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

_HOMES = {
    "EndpointRecord": "records",
    "LOCAL": "records",
    "Queue": "queue",
    "QueuedRun": "records",
    "Registry": "registry",
    "ScheduleRecord": "records",
    "Schedules": "schedules",
    "TokenRecord": "records",
    "Tokens": "tokens",
    "VersionRecord": "records",
}

__getattr__ = loaded_on_first_use(__name__, _HOMES)

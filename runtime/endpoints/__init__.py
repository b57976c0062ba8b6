"""Keep what is published in the workspace's database, who may call it, when it runs by itself, and what waits to run.

All of it is loaded when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "EndpointRecord": "records",
    "Queue": "queue",
    "QueuedRun": "records",
    "Registry": "registry",
    "ScheduleRecord": "records",
    "Schedules": "schedules",
    "TokenRecord": "records",
    "Tokens": "tokens",
    "VersionRecord": "records",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value

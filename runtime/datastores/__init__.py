"""Name where data lie, move them between there and here, and identify them. All of it is loaded when it is first used."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .access import copy_files, identity, materialise, place_of
    from .caching import Cache
    from .datastores import Datastore
    from .entries import Entry
    from .registry import Datastores
    from .transfers import Transferred

__all__ = [
    "Cache",
    "Datastore",
    "Datastores",
    "Entry",
    "Transferred",
    "copy_files",
    "identity",
    "materialise",
    "place_of",
]

_HOMES = {
    "Cache": "caching",
    "Datastore": "datastores",
    "Datastores": "registry",
    "Entry": "entries",
    "Transferred": "transfers",
    "copy_files": "access",
    "identity": "access",
    "materialise": "access",
    "place_of": "access",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value

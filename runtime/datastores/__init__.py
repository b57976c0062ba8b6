"""Name where data lie, move them between there and here, and identify them. All of it is loaded when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...compilers.deferral import loaded_on_first_use

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

__getattr__ = loaded_on_first_use(__name__, _HOMES)

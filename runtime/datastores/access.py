"""Use data by their names: identify them, bring them here, copy them from anywhere to anywhere.

What a run needs to know of datastores are three calls: ``isinstance(value, DataPath)``, :func:`identity` before a step is
reused or run, and :func:`materialise` in the process where it runs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ...compilers.datapaths import DataPath
from ..errors import DatastoreError
from .caching import Cache
from .datastores import Datastore
from .entries import Entry, below
from .folders import Folder
from .identities import identify
from .places import Place, local_place, look, place_of_url, safe_name, writable
from .registry import Datastores
from .transfers import Transfer, Transferred, transfer


def place_of(path: DataPath | str | os.PathLike[str], datastores: Mapping[str, Datastore]) -> Place:
    """Return the place that a data path or a local path names. Raises DatastoreNotFound."""
    if not isinstance(path, DataPath):
        return local_place(Path(path))
    if path.url is not None:
        return place_of_url(path.url, path.name)
    return datastores[path.datastore].place(path.path)


def identity(path: DataPath, datastores: Datastores, *, cache: Cache | None = None) -> str:
    """Return what identifies the data behind a path, for reuse; see :mod:`.identities` for what is trusted.

    Raises DatastoreNotFound, DataNotFound, and DatastoreError where the store cannot be reached.
    """
    return identify(place_of(path, datastores), cache or datastores.cache)


def materialise(
    path: DataPath, datastores: Datastores, *, cache: Cache | None = None, show_progress: bool = False
) -> Path:
    """Return a local file or folder with the data behind a path, to be read only; it has the same name there.

    What lies in a folder of this machine is given where it is; anything else is fetched into the cache, once for each
    version and for all processes. Raises like :func:`identity`.
    """
    place = place_of(path, datastores)
    if isinstance(place.backend, Folder):
        look(place)
        return place.backend.local(place.path)
    return (cache or datastores.cache).local(place, show_progress=show_progress)[0]


def copy_files(
    source: DataPath | str | os.PathLike[str],
    target: DataPath | str | os.PathLike[str],
    datastores: Mapping[str, Datastore],
    *,
    overwrite: bool = False,
    show_progress: bool = True,
) -> Transferred:
    """Copy a file, which becomes ``target``, or what is in a folder, into the folder ``target``, between any two stores.

    The bytes stream through this process, and no more than a few blocks of each file are held. What is there already
    with the same contents is skipped; what arrives is verified. Raises DataNotFound; DataExists, with nothing written,
    where other contents are there; and DatastoreError for a target that can only be read.
    """
    start, end = place_of(source, datastores), place_of(target, datastores)
    found, store = look(start), writable(end)
    if found.is_file and not end.path:
        raise DatastoreError(f"the file {start.label} needs a name at {end.label}: name the file, not its folder")
    planned = [Transfer(start.backend, entry, store, _renamed(entry, start, end)) for entry in found.entries]
    return transfer(planned, overwrite=overwrite, label=f"copying {start.name}", show_progress=show_progress)


def _renamed(entry: Entry, source: Place, target: Place) -> str:
    if entry.path == source.path:
        return target.path
    name = below(entry, source.path)
    safe = safe_name(name, source.label) if isinstance(target.backend, Folder) else name
    return f"{target.path}/{safe}".lstrip("/")

"""Open the store that a location names."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from .. import store as stores
from .artifacts import ArtifactStore
from .local import LocalStore

ENTRY_POINTS = "penstock.stores"


def open_store(location: str | Path, cache: Path | None = None, **storage_options: Any) -> ArtifactStore:
    """Open a folder by its path, or anything that fsspec reaches by its URL: ``s3://bucket/artifacts``.

    ``cache`` is the local folder for what is read from a URL. A package may offer stores of its own under the entry point
    group ``penstock.stores``: the name is the URL's scheme, and the object is called like :class:`RemoteStore`.
    What killed processes of this machine left unfinished in the folder is removed.

    Raises ``ValueError`` for a URL without a cache, or for options given with a plain folder.
    """
    url = str(location)
    if "://" not in url:
        if storage_options:
            raise ValueError(f"storage options are for URLs, and {url!r} is a folder; got {', '.join(storage_options)}")
        store = LocalStore(location)
        store.forget_the_dead()
        return store
    if cache is None:
        raise ValueError(f"the store at {url} needs a local folder as its cache: open_store(url, cache=...)")
    from importlib.metadata import entry_points  # 0.01 s, and folders do not need it

    for entry_point in entry_points(group=ENTRY_POINTS, name=url.partition("://")[0]):
        return cast("ArtifactStore", entry_point.load()(url, cache, **storage_options))
    return stores.RemoteStore(url, cache, storage_options)

"""Read and write artifacts in the datastores of a workspace: a folder for each, as :mod:`penstock.runtime.store.portable` has it."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, final

from ..artifacts import Artifact
from ..datastores import Datastore
from ..errors import ArtifactNotFound, DataNotFound, StoreError
from ..store import ArtifactStore
from ..store.portable import DESCRIPTION, FILES, read_description, take_files, write_out
from ..store.writing import NOTHING_HASHED, Hashed
from .connections import Connection
from .stores import WorkspaceStores

_URI = re.compile(r"azureml:/{1,2}.*?/?datastores/(?P<store>[^/]+)/paths/(?P<path>.*)")

Stores = Callable[[str], Datastore]
"""Gives a datastore of the workspace by its name."""


def opened_stores(connection: Connection) -> Stores:
    """Return what gives a datastore by its name, the default one for an empty name; each is opened once."""
    known: dict[str, Datastore] = {}
    stores = WorkspaceStores(connection)

    def store(name: str) -> Datastore:
        if name not in known:
            known[name] = stores[name] if name else stores.default
        return known[name]

    return store


def place_of_uri(uri: str) -> tuple[str, str]:
    """Return the datastore and the path that a URI of Azure means. Raises StoreError for another one.

    >>> place_of_uri("azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/blobs/paths/a/b/")
    ('blobs', 'a/b')
    """
    found = _URI.fullmatch(uri)
    if found is None:
        raise StoreError(f"{uri!r} is no place in a datastore; expected azureml://.../datastores/NAME/paths/PATH")
    return found["store"], found["path"].strip("/")


def read_file(store: Datastore, path: str) -> bytes | None:
    """Return a small file of a datastore; None where there is none."""
    backend = store.place(path).backend
    entry = backend.stat(path)
    return None if entry is None else b"".join(backend.read(entry))


def read_text(store: Datastore, path: str) -> str | None:
    """Return a small file of a datastore as text; None where there is none."""
    content = read_file(store, path)
    return None if content is None else content.decode()


def describe_output(store: Datastore, path: str) -> Artifact:
    """Return the artifact in a folder of a datastore, without its files. Raises StoreError where there is none."""
    text = read_text(store, f"{path}/{DESCRIPTION}")
    if text is None:
        raise StoreError(f"datastore://{store.name}/{path} holds no artifact: there is no {DESCRIPTION}")
    return read_description(text, f"datastore://{store.name}/{path}")


def fetch(store: Datastore, path: str, target: ArtifactStore) -> Artifact:
    """Bring the artifact of a folder here, into another store. Raises StoreError and CorruptArtifact."""
    artifact = describe_output(store, path)
    document: Mapping[str, Any] = json.loads(read_text(store, f"{path}/{DESCRIPTION}") or "{}")
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        with contextlib.suppress(DataNotFound):  # all of its folders are empty
            store.download(scratch, f"{path}/{FILES}", show_progress=False)
        take_files(artifact, document, Path(scratch, path, FILES), target)
    return artifact


def send(artifact: Artifact, source: ArtifactStore, store: Datastore, path: str) -> None:
    """Write an artifact into a folder of a datastore; what is there already is not sent again."""
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
        write_out(artifact, source, Path(scratch))
        store.upload(scratch, path, overwrite=True, show_progress=False)


@final
class RemoteArtifacts:
    """An :class:`ArtifactStore` in which what lies in a workspace is brought here when it is first asked for.

    ``places`` maps digests to URIs; it may grow while it is used.
    """

    def __init__(self, local: ArtifactStore, stores: Stores, places: Mapping[str, str]) -> None:
        self._local = local
        self._stores = stores
        self._places = places

    @property
    def staging(self) -> Path:
        """Where to prepare what will be put."""
        return self._local.staging

    def has(self, digest: str) -> bool:
        """Whether an artifact is here or there."""
        return self._local.has(digest) or digest in self._places

    def put(self, folder: Path, hashed: Mapping[str, Hashed] = NOTHING_HASHED) -> tuple[str, int]:
        """Put an artifact here."""
        return self._local.put(folder, hashed)

    def get(self, digest: str) -> Path:
        """Give the folder of an artifact. Raises ArtifactNotFound, CorruptArtifact, and StoreError where it cannot be fetched."""
        try:
            return self._local.get(digest)
        except ArtifactNotFound:
            if digest not in self._places:
                raise
        name, path = place_of_uri(self._places[digest])
        fetch(self._stores(name), path, self._local)
        return self._local.get(digest)

    def delete(self, digest: str) -> None:
        """Forget an artifact here."""
        self._local.delete(digest)

    def digests(self) -> Iterable[str]:
        """Give the digests of what is known to lie in the workspace."""
        return tuple(self._places)

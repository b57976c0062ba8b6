"""Describe files in a store, and say what a store of files can do."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from attrs import frozen

PART = ".penstock-part"
"""How the name of a file ends that is still being written. No listing shows such a file."""


@frozen
class Entry:
    """A file in a store.

    ``path`` leads from the store's root; ``size`` is in bytes and None where the store does not know; ``modified`` is in
    seconds since 1970. ``etag`` is a strong one: it changes whenever the bytes do. ``checksum`` is of the contents alone,
    as ``kind:digits`` (see :mod:`.checksums`), where the store keeps one.
    """

    path: str
    size: int | None
    modified: float | None = None
    etag: str | None = None
    checksum: str | None = None

    @property
    def stamp(self) -> str | None:
        """What tells this version of the file from others; None where the store says too little."""
        known = self.checksum or self.etag
        if known is None and (self.modified is None or self.size is None):
            return None
        return json.dumps([known, self.size, None if known else self.modified])


class Stream(Protocol):
    """The bytes of a file on their way. ``size`` is what is expected, ``blake3`` is known when all have passed."""

    @property
    def size(self) -> int | None: ...

    @property
    def blake3(self) -> str: ...

    def __iter__(self) -> Iterator[bytes]: ...


@runtime_checkable
class Backend(Protocol):
    """Reads a store of files. All paths lead from its root; errors are of the tree under ``DatastoreError``."""

    @property
    def url(self) -> str: ...

    def stat(self, path: str) -> Entry | None:
        """Describe a file; None where there is none of that path, be there a folder or nothing."""

    def entries(self, path: str) -> Iterable[Entry]:
        """Describe every file below a folder, in no order; nothing where there is no such folder."""

    def read(self, entry: Entry, start: int = 0) -> Iterator[bytes]:
        """Give the bytes of a file from a position on, as they come."""


@runtime_checkable
class Writable(Backend, Protocol):
    """Writes too."""

    def write(self, path: str, stream: Stream) -> None:
        """Write a file and verify it; it is seen when it is whole. What the stream raises leaves nothing behind."""

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files. One that is not there is no error."""


def below(entry: Entry, folder: str) -> str:
    """Return the path of an entry from a folder above it."""
    return entry.path[len(folder) + 1 :] if folder else entry.path

"""Say what a store of artifacts can do."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol


class ArtifactStore(Protocol):
    """Keeps folders of files under the digest of their contents.

    ``staging`` is a local folder on the file system where :meth:`put` works fastest: prepare there what you will put.
    """

    @property
    def staging(self) -> Path: ...

    def has(self, digest: str) -> bool:
        """Whether the store holds an artifact; says nothing about its health, which :meth:`get` looks at."""

    def put(self, folder: Path) -> tuple[str, int]:
        """Move a folder into the store; it is gone afterwards. Gives its digest and its size in bytes.

        Putting what is already there changes nothing, and heals it where it was corrupt. Raises ``StoreError`` on a
        full disk, with nothing half-written left behind.
        """

    def get(self, digest: str) -> Path:
        """Give a local, read-only folder with the artifact's files.

        Raises ``ArtifactNotFound`` where it is missing and ``CorruptArtifact`` where it is not what was put.
        """

    def delete(self, digest: str) -> None:
        """Forget an artifact. One that is not there is no error."""


class Listing(Protocol):
    """A store that can say what it holds and tidy up after killed processes. Cleaning needs it."""

    def digests(self) -> Iterable[str]:
        """Give the digest of every artifact held, in no order."""

    def sweep(self, *, older_than: float = 86_400.0) -> int:
        """Remove leftovers of killed processes, untouched for ``older_than`` seconds; gives how many there were."""

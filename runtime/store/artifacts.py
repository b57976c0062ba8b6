"""Say what a store of artifacts can do."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from attrs import frozen

from .writing import NOTHING_HASHED, Hashed


class ArtifactStore(Protocol):
    """Keeps folders of files under the digest of their contents.

    ``staging`` is a local folder on the file system where :meth:`put` works fastest: prepare there what you will put.
    """

    @property
    def staging(self) -> Path: ...

    def has(self, digest: str) -> bool:
        """Whether the store holds an artifact; says nothing about its health, which :meth:`get` looks at."""

    def put(self, folder: Path, hashed: Mapping[str, Hashed] = NOTHING_HASHED) -> tuple[str, int]:
        """Move a folder into the store; it is gone afterwards. Gives its digest and its size in bytes.

        Files that were ``hashed`` when they were written, and have not changed since, are not hashed again.
        Putting what is already there notes that it is in use, as :meth:`get` does, and heals it where it was corrupt.
        Raises ``StoreError`` on a full disk, with nothing half-written left behind.
        """

    def get(self, digest: str) -> Path:
        """Give a local, read-only folder with the artifact's files, and note that it is in use (see :class:`Expiring`).

        Raises ``ArtifactNotFound`` where it is missing and ``CorruptArtifact`` where it is not what was put.
        """

    def delete(self, digest: str) -> None:
        """Forget an artifact. One that is not there is no error."""


class Listing(Protocol):
    """A store that can say what it holds and tidy up after killed processes."""

    def digests(self) -> Iterable[str]:
        """Give the digest of every artifact held, in no order."""

    def sweep(self, *, older_than: float = 86_400.0) -> int:
        """Remove leftovers of killed processes, untouched for ``older_than`` seconds; gives how many there were."""


@frozen(eq=False)
class Held:
    """An artifact in a store: how many bytes it takes there, and when it was last put or got (seconds since the epoch)."""

    digest: str
    size: int
    used: float


@runtime_checkable
class Expiring(Protocol):
    """A store that knows when each artifact was last put or got, and removes one only if it is not in use. Cleaning needs it.

    A process that has put or got an artifact may rely on it: one that is removed at the same moment was either removed
    before, so that the put stores it again and the get says that it is missing, or it stays.
    """

    def clock(self) -> float:
        """Give the time now, in seconds since the epoch, by the clock that notes the use of artifacts."""

    def held(self, *, besides: Container[str]) -> Iterable[Held]:
        """Describe every artifact held whose digest is not in ``besides``, in no order."""

    def expire(self, digest: str, *, unused_since: float) -> bool:
        """Remove an artifact that nobody has used at that time or later. Says whether this call has removed it."""

    def leftovers(self, *, older_than: float = 86_400.0) -> Sequence[Path]:
        """Give the local files and folders that killed processes left behind, untouched for ``older_than`` seconds."""

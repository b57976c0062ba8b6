"""Keep artifacts in a folder of this machine."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from ..errors import ArtifactNotFound, StoreError
from .seals import Seal, intact, make_seal, verify, write_seal
from .space import explaining_full_disk
from .staging import copy_file, fresh_name, remove_stale, remove_tree
from .trees import list_files

_STAGING = "tmp"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Whether a text has the form of a digest; anything else must not become part of a path."""
    return bool(_DIGEST.fullmatch(text))


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))


@frozen
class LocalStore:
    """An :class:`ArtifactStore` and :class:`Listing` in a local folder: ``<root>/ab/<digest>/<files>``.

    An artifact is prepared under ``<root>/tmp`` and renamed into place when complete, so that processes may put the
    same one at once and be killed at any time. Files are not synced to the disk: after a power cut an artifact may be
    damaged, which :meth:`get` notices.
    """

    root: Path = field(converter=_absolute)

    @property
    def staging(self) -> Path:
        """Where to prepare a folder that is going to be put."""
        return Path(f"{self.root}/{_STAGING}")

    def has(self, digest: str) -> bool:
        """Whether there is such an artifact, intact or not."""
        return is_digest(digest) and os.path.isdir(self._place(digest))

    def put(self, folder: Path) -> tuple[str, int]:
        """Move a folder in; gives its digest and size. See :meth:`ArtifactStore.put`."""
        with explaining_full_disk(self.root):
            staged = self._stage(folder)
            try:
                seal = make_seal(staged)
                self._install(staged, seal)
            finally:
                remove_tree(staged)
        return seal.digest, seal.size

    def get(self, digest: str) -> Path:
        """Give the folder of an artifact, verified. Raises ``ArtifactNotFound`` or ``CorruptArtifact``."""
        if not is_digest(digest):
            raise ArtifactNotFound(digest)
        place = self._place(digest)
        try:
            verify(place, digest)
        except (FileNotFoundError, NotADirectoryError):
            raise ArtifactNotFound(digest) from None
        return place

    def delete(self, digest: str) -> None:
        """Take an artifact out of sight at once, then remove its files."""
        if self.has(digest):
            self._discard(self._place(digest))

    def digests(self) -> Iterator[str]:
        """Give the digest of every artifact, in no order."""
        for place in self.root.glob("[0-9a-f][0-9a-f]/*"):
            if is_digest(place.name):
                yield place.name

    def sweep(self, *, older_than: float = 86_400.0) -> int:
        """Remove what killed processes left behind, if untouched for ``older_than`` seconds; gives how many."""
        return remove_stale(self.staging, older_than=older_than)

    def _place(self, digest: str) -> Path:
        return Path(f"{self.root}/{digest[:2]}/{digest}")

    def _stage(self, folder: Path) -> Path:
        if os.path.dirname(folder) == f"{self.root}/{_STAGING}":
            return folder
        if not os.path.isdir(folder):
            raise StoreError(f"there is no folder {folder} to put; an artifact is a folder with files")
        staged = fresh_name(self.staging)
        os.makedirs(self.staging, exist_ok=True)
        try:
            os.rename(folder, staged)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            _copy_over(folder, staged)
        return staged

    def _install(self, staged: Path, seal: Seal) -> None:
        place = self._place(seal.digest)
        if os.path.isdir(place):
            if intact(place, seal.digest):
                return
            self._discard(place)
        write_seal(seal, staged)
        try:
            _move(staged, place)
        except OSError as error:
            # Another process has put the same artifact in the meantime; equal contents, so either will do.
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY) or not intact(place, seal.digest):
                raise

    def _discard(self, place: Path) -> None:
        grave = fresh_name(self.staging)
        os.makedirs(self.staging, exist_ok=True)
        with suppress(FileNotFoundError):  # another process was faster
            os.rename(place, grave)
        remove_tree(grave)


def _move(staged: Path, place: Path) -> None:
    try:
        os.rename(staged, place)
    except FileNotFoundError:
        os.makedirs(os.path.dirname(place), exist_ok=True)
        os.rename(staged, place)


def _copy_over(folder: Path, staged: Path) -> None:
    """Copy from another file system."""
    try:
        for name, status in list_files(folder).items():
            copy_file(folder / name, staged / name, mode=status.st_mode)
    except BaseException:
        remove_tree(staged)
        raise
    remove_tree(folder)

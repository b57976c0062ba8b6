"""Keep artifacts in a folder of this machine."""

from __future__ import annotations

import errno
import os
import re
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from ..errors import ArtifactNotFound, StoreError
from .artifacts import Held
from .seals import Seal, intact, make_seal, verify, write_seal
from .space import explaining_full_disk
from .staging import copy_file, find_stale, fresh_name, remove_orphans, remove_stale, remove_tree, size_on_disk
from .trees import list_files
from .writing import NOTHING_HASHED, Hashed

_STAGING = "tmp"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_digest(text: str) -> bool:
    """Whether a text has the form of a digest; anything else must not become part of a path."""
    return bool(_DIGEST.fullmatch(text))


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))


@frozen
class LocalStore:
    """An :class:`ArtifactStore`, :class:`Listing` and :class:`Expiring` in a local folder: ``<root>/ab/<digest>/<files>``.

    An artifact is prepared under ``<root>/tmp`` and renamed into place when complete, so that processes may put the
    same one at once and be killed at any time. Files are not synced to the disk: after a power cut an artifact may be
    damaged, which :meth:`get` notices. The time of an artifact's folder says when it was last put or got.
    """

    root: Path = field(converter=_absolute)

    @property
    def staging(self) -> Path:
        """Where to prepare a folder that is going to be put."""
        return Path(f"{self.root}/{_STAGING}")

    def has(self, digest: str) -> bool:
        """Whether there is such an artifact, intact or not."""
        return is_digest(digest) and os.path.isdir(self._place(digest))

    def put(self, folder: Path, hashed: Mapping[str, Hashed] = NOTHING_HASHED) -> tuple[str, int]:
        """Move a folder in; gives its digest and size. See :meth:`ArtifactStore.put`."""
        with explaining_full_disk(self.root):
            staged = self._stage(folder)
            try:
                seal = make_seal(staged, hashed)
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
            _use(place)
        except (FileNotFoundError, NotADirectoryError):
            raise ArtifactNotFound(digest) from None
        return place

    def delete(self, digest: str) -> None:
        """Take an artifact out of sight at once, then remove its files."""
        if self.has(digest):
            self._discard(self._place(digest))

    def digests(self) -> Iterator[str]:
        """Give the digest of every artifact, in no order."""
        for folder in _names(self.root):
            if len(folder) == 2:
                yield from filter(is_digest, _names(f"{self.root}/{folder}"))

    def sweep(self, *, older_than: float = 86_400.0) -> int:
        """Remove what killed processes left behind, if untouched for ``older_than`` seconds; gives how many."""
        return remove_stale(self.staging, older_than=older_than)

    def clock(self) -> float:
        """Give the time by the clock of the file system, which may lie on another machine."""
        probe = fresh_name(self.staging)
        try:
            probe.touch()
            now = probe.stat().st_mtime
            probe.unlink()
        except OSError:  # there is no store yet, or one to read only: nothing will be removed
            return time.time()
        return now

    def held(self, *, besides: Container[str]) -> Iterator[Held]:
        """Describe every artifact whose digest is not in ``besides``, in no order."""
        for digest in self.digests():
            if digest not in besides:
                place = f"{self.root}/{digest[:2]}/{digest}"
                with suppress(FileNotFoundError):
                    yield Held(digest, size_on_disk(place), os.stat(place).st_mtime)

    def expire(self, digest: str, *, unused_since: float) -> bool:
        """Remove an artifact that nobody has used at that time or later. Says whether this call has removed it.

        It is taken out of sight, and looked at once more there: who used it in between has left a later time on it, and
        gets it back, and who comes after does not find it. (Killed within those microseconds, this leaves in the staging
        area an artifact that somebody has just used. It is then missing, and will be made anew.)
        """
        place, grave = f"{self.root}/{digest[:2]}/{digest}", fresh_name(self.staging)
        try:
            if not is_digest(digest) or os.stat(place).st_mtime >= unused_since:
                return False
            self._bury(place, grave)
            is_unused = os.stat(grave).st_mtime < unused_since
        except FileNotFoundError:  # another process was faster
            return False
        if not is_unused:
            with suppress(OSError):  # it was put again meanwhile
                os.rename(grave, place)
        remove_tree(grave)
        return is_unused

    def leftovers(self, *, older_than: float = 86_400.0) -> Sequence[Path]:
        """Give what killed processes left behind, if untouched for ``older_than`` seconds."""
        return find_stale(self.staging, older_than=older_than)

    def forget_the_dead(self) -> None:
        """Remove what processes left behind that are known to be gone, and wait for nothing; see :meth:`sweep`."""
        remove_orphans(self.staging)

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
            if intact(place, seal.digest) and _is_used(place):
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
        with suppress(FileNotFoundError):  # another process was faster
            self._bury(place, grave)
        remove_tree(grave)

    def _bury(self, place: str | Path, grave: Path) -> None:
        """Take an artifact out of sight. Raises ``FileNotFoundError`` where it is gone."""
        try:
            os.rename(place, grave)
        except FileNotFoundError:  # perhaps it is the staging folder that is missing
            os.makedirs(self.staging, exist_ok=True)
            os.rename(place, grave)


def _use(place: Path) -> None:
    """Note that an artifact is in use. Raises ``FileNotFoundError`` where it has just been removed."""
    try:
        os.utime(place)
    except FileNotFoundError:
        raise
    except OSError:  # the store is there to read only, so nobody cleans it from here
        return


def _is_used(place: Path) -> bool:
    """Note that an artifact is in use, and say whether it is still there."""
    try:
        _use(place)
    except FileNotFoundError:
        return False
    return True


def _names(folder: str | Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []


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

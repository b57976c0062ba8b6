"""Remember what was parsed, across processes."""

from __future__ import annotations

import itertools
import os
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

_SEAL = 16
_NUMBERS = itertools.count()


class Memo(Protocol):
    """A place for bytes by key. Keys contain everything that the bytes depend on, so that nothing ever goes stale."""

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or None."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key; losing them costs time only."""


class MemoryMemo:
    """A memo that ends with the process."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or None."""
        return self._kept.get(key)

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        self._kept[key] = data


class FileMemo:
    """A memo in a folder, one file a key, shared by any number of processes.

    A file is written under a temporary name and renamed, and starts with a digest of the rest: a damaged or half-written
    one is a miss. A folder that cannot be written makes the memo forgetful, not the caller fail.
    """

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or None if there is nothing or it is damaged."""
        try:
            data = self._path(key).read_bytes()
        except OSError:
            return None
        return data[_SEAL:] if data[:_SEAL] == _checksum(key, data[_SEAL:]) else None

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        path = self._path(key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._write(path, _checksum(key, data) + data)
        except OSError:
            return  # a full or read-only disk costs the next process the time to parse again

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        temporary = path.with_name(f".{os.getpid()}-{next(_NUMBERS)}-{path.name}")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise

    def _path(self, key: str) -> Path:
        name = blake2b(key.encode(), digest_size=20).hexdigest()
        return self._folder / name[:2] / name[2:]


def _checksum(key: str, data: bytes) -> bytes:
    return blake2b(data, digest_size=_SEAL, key=key.encode()[:64]).digest()

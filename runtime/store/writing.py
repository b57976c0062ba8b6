"""Write files, and hash the big ones meanwhile: another processor has read and hashed what was written when the last byte is."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final, TypeAlias, final

from attrs import frozen
from blake3 import blake3

from .reserving import reserve
from .stamps import Stamp, stamp

Chunk: TypeAlias = bytes | bytearray | memoryview
Packed: TypeAlias = Mapping[str, Sequence[Chunk]]
"""Files by name, each as the pieces that make it up."""

HASHED_FROM = 1 << 23
"""Bytes; smaller files are hashed later, in less time than it takes to start a thread and to wait for it."""

_WRITTEN = 1 << 24
"""Bytes that are written at a time."""

_READ = 1 << 20
"""Bytes that are read and hashed at a time: they are in the processor's cache still."""


@frozen(eq=False, repr=False)
class Hashed:
    """What a file held when it was written, and how the file system described it then."""

    blake3: str
    stamp: Stamp


NOTHING_HASHED: Final[Mapping[str, Hashed]] = MappingProxyType({})


def write_files(files: Packed, folder: Path) -> dict[str, Hashed]:
    """Write packed files, read-only from the start; give what is known of the big ones."""
    found = {name: _write(f"{folder}/{name}", chunks) for name, chunks in files.items()}
    return {name: hashed for name, hashed in found.items() if hashed is not None}


def _write(path: str, chunks: Sequence[Chunk]) -> Hashed | None:
    with open(path, "xb", opener=_read_only) as file:
        size = sum(memoryview(chunk).nbytes for chunk in chunks)
        if size < HASHED_FROM:
            file.writelines(chunks)
            return None
        reserve(file.fileno(), size)
        follower = _Follower(path)
        try:
            for piece in _pieces(chunks):
                file.write(piece)
                file.flush()
                follower.go_to(file.tell())
            return follower.hashed(file)
        finally:
            follower.stop()


def _pieces(chunks: Sequence[Chunk]) -> Iterator[memoryview]:
    for chunk in chunks:
        view = memoryview(chunk).cast("B")
        yield from (view[start : start + _WRITTEN] for start in range(0, view.nbytes, _WRITTEN))


@final
class _Follower:
    """Reads a file behind somebody who writes it, and hashes what is really in it, in a thread of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._hasher = blake3()
        self._read = 0
        self._ends: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._follow, name="penstock-hash", daemon=True)
        self._thread.start()

    def go_to(self, end: int) -> None:
        """Say up to where there is something to read."""
        self._ends.put(end)

    def hashed(self, file: IO[bytes]) -> Hashed | None:
        """Say what the file holds, all of which has been written; None where not all of it could be read."""
        status = os.fstat(file.fileno())
        self.stop()
        return Hashed(self._hasher.hexdigest(), stamp(status)) if self._read == status.st_size else None

    def stop(self) -> None:
        """Read what there is, and end. Stopping twice is harmless."""
        self._ends.put(None)
        self._thread.join()

    def _follow(self) -> None:
        with suppress(OSError), open(self._path, "rb", buffering=0) as file:
            piece = memoryview(bytearray(_READ))
            for end in iter(self._ends.get, None):
                while self._read < end and (count := file.readinto(piece[: end - self._read])):
                    self._hasher.update(piece[:count])
                    self._read += count


def _read_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o444)

"""Remember what was parsed, across processes."""

from __future__ import annotations

import marshal
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, final

from blake3 import blake3

_MARK = b"\xf5penmemo"
_HEAD = struct.Struct(">8s20sI16s")
"""Mark, digest of the key, length of the data, checksum of key and data: what stands before each entry."""

_FILE = "parsed"
_LARGEST = 1 << 26
"""Bytes, 64 MiB: the file is written anew without what this process has no use for when it grows beyond."""


class Memo(Protocol):
    """A place for bytes by key, the last ones that were put there.

    Nothing goes stale: the key contains everything that the bytes depend on, or the bytes say when they still hold.
    """

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or None."""

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key; losing them costs time only."""


@final
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


@final
class FileMemo:
    """A memo in a folder, shared by any number of processes: one file that is only ever appended to, and read in one go.

    Each entry is appended by a single write and carries a checksum. What is torn, damaged or mixed up with what another
    process wrote at the same moment is passed over and parsed again, and so is what a process loses that appends while another
    one replaces a file that has grown too large. A folder that cannot be written makes the memo forgetful, not the caller fail.
    """

    def __init__(self, folder: Path | str, largest: int = _LARGEST) -> None:
        """Open a folder, which need not exist. ``largest`` is in bytes."""
        self._file = os.path.join(folder, _FILE)
        self._largest = largest
        self._content: bytes | None = None
        self._places: dict[bytes, tuple[int, int]] = {}
        self._kept: dict[bytes, bytes] = {}
        self._size = 0

    def get(self, key: str) -> bytes | None:
        """Return what was put under a key, or None if there is nothing or it is damaged."""
        name = _name(key)
        return self._kept.get(name) or self._read(name)

    def put(self, key: str, data: bytes) -> None:
        """Keep bytes under a key."""
        name = _name(key)
        if self._content is None:
            self._load()
        try:
            self._append(name, data)
        except OSError:
            self._kept.pop(name, None)  # a full or read-only disk costs the time to parse again

    def _read(self, name: bytes) -> bytes | None:
        content = self._content if self._content is not None else self._load()
        start, end = self._places.get(name, (0, 0))
        data = content[start:end]
        if not start or content[start - 16 : start] != _checksum(name, data):
            return None
        self._kept[name] = data
        return data

    def _load(self) -> bytes:
        try:
            with open(self._file, "rb", buffering=0) as file:
                self._content = file.read()
        except OSError:
            self._content = b""
        self._places = dict(_entries(self._content))
        self._size = len(self._content)
        return self._content

    def _append(self, name: bytes, data: bytes) -> None:
        self._kept[name] = data
        entry = _entry(name, data)
        if self._size + len(entry) > self._largest:
            self._replace()
            return
        self._size += len(entry)
        try:
            self._write(self._file, os.O_APPEND, entry)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(self._file), exist_ok=True)
            self._write(self._file, os.O_APPEND, entry)

    def _replace(self) -> None:
        """Write the file anew with what this process has read or put."""
        content = b"".join([_entry(name, data) for name, data in self._kept.items()])
        temporary = f"{self._file}.{os.getpid()}-{id(self)}"
        try:
            self._write(temporary, os.O_TRUNC, content)
            os.replace(temporary, self._file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        self._size = len(content)
        self._largest = max(self._largest, 2 * self._size)  # so that a huge project does not write it for each entry

    @staticmethod
    def _write(file: str, how: int, data: bytes) -> None:
        opened = os.open(file, os.O_WRONLY | os.O_CREAT | how | getattr(os, "O_BINARY", 0), 0o666)
        try:
            os.write(opened, data)
        finally:
            os.close(opened)


def packed(value: Any) -> bytes:
    """Write tuples, lists, dicts, texts, bytes and numbers for a memo."""
    return marshal.dumps(value)


def unpacked(data: bytes) -> Any:
    """Read what :func:`packed` wrote. Raises ValueError, TypeError or EOFError for most of what it did not write."""
    return marshal.loads(data)  # noqa: S302  # checked against its checksum; nothing in it is run


def _entries(content: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the names of entries with where their data begin and end; after damage, go on at the next mark."""
    position, total = 0, len(content)
    while 0 <= position <= total - _HEAD.size:
        mark, name, length, _ = _HEAD.unpack_from(content, position)
        start = position + _HEAD.size
        end = start + length
        if mark == _MARK and end <= total:
            yield name, (start, end)
        if mark == _MARK and (end == total or content.startswith(_MARK, end)):
            position = end
        else:  # torn: what follows may begin inside it
            position = content.find(_MARK, position + 1)


def _entry(name: bytes, data: bytes) -> bytes:
    return _HEAD.pack(_MARK, name, len(data), _checksum(name, data)) + data


def _name(key: str) -> bytes:
    return blake3(key.encode()).digest(length=20)


def _checksum(name: bytes, data: bytes) -> bytes:
    return blake3(name + data).digest(length=16)

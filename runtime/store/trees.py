"""Describe a folder by its contents: which files it has, what each hashes to, and one digest for the whole."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from attrs import frozen
from blake3 import blake3

from ..errors import StoreError

SEAL = ".seal"
"""What the store's own files at the top of an artifact's folder are called; they are no part of the artifact."""

_HASHED_IN_MEMORY = 1 << 16
"""Bytes; below, a file is read at once."""

_PIECE = 1 << 22
"""Bytes that are read and hashed at a time."""

_HASHED_BY_THREADS = 1 << 21
"""Bytes; below, starting threads costs more than they save."""

_HOME_PROCESS = os.getpid()


@frozen
class Entry:
    """One file of an artifact; a folder without anything in it is an entry with no hash."""

    size: int
    blake3: str
    executable: bool = False


EMPTY_FOLDER = Entry(0, "")


def entry_of(data: bytes) -> Entry:
    """Describe a file that has not been written yet."""
    return Entry(len(data), blake3(data).hexdigest())


def digest_of(entries: Mapping[str, Entry]) -> str:
    """Hash names, contents and executable bits into one digest that is the same on every machine."""
    lines = []
    for name in sorted(entries, key=_name_bytes):
        entry = entries[name]
        kind = "x" if entry.executable else "-"
        lines.append(_name_bytes(name) + f"\0{kind}{entry.blake3}\n".encode())
    return blake3(b"".join(lines)).hexdigest()


def digest_of_file(name: str, data: bytes) -> str:
    """Return what :func:`digest_of` gives for a folder with one file, which is not executable."""
    return blake3(f"{name}\0-{blake3(data).hexdigest()}\n".encode()).hexdigest()


def size_of(entries: Mapping[str, Entry]) -> int:
    """Add up the bytes of all files."""
    return sum(entry.size for entry in entries.values())


def list_files(folder: str | Path) -> dict[str, os.stat_result]:
    """Map relative posix names to what the file system says of them; of folders, only empty ones are listed.

    Raises ``FileNotFoundError`` where the folder is missing, and ``StoreError`` for what is neither file nor folder.
    """
    return {name: status for name, status in _walk(str(folder), "") if not name.startswith(SEAL)}


def describe(
    folder: str | Path, files: Mapping[str, os.stat_result], known: Mapping[str, str] | None = None
) -> dict[str, Entry]:
    """Hash every file of a listing, but those whose hash is ``known``."""
    known = known or {}
    return {name: _entry(f"{folder}/{name}", status, known.get(name)) for name, status in files.items()}


def _walk(folder: str, prefix: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as children:
        for child in children:
            status = child.stat(follow_symlinks=False)
            name = prefix + child.name
            if stat.S_ISREG(status.st_mode):
                yield name, status
            elif stat.S_ISDIR(status.st_mode):
                yield from list(_walk(child.path, name + "/")) or [(name + "/", status)]
            else:
                raise StoreError(f"{child.path} is neither a file nor a folder, and only those can be in an artifact")


def _entry(path: str, status: os.stat_result, known: str | None) -> Entry:
    if stat.S_ISDIR(status.st_mode):
        return EMPTY_FOLDER
    return Entry(status.st_size, known or hash_file(path, status.st_size), bool(status.st_mode & stat.S_IXUSR))


def hash_file(path: str, size: int) -> str:
    """Hash one file; ``size``, in bytes, only decides how.

    It is read piece by piece: mapped, all of it would count as this process's memory.
    """
    with open(path, "rb", buffering=0) as file:
        if size < _HASHED_IN_MEMORY:
            return blake3(file.read()).hexdigest()
        # A forked child has the hash library's thread pool without its threads, and would wait for them forever.
        parallel = size >= _HASHED_BY_THREADS and os.getpid() == _HOME_PROCESS
        hasher = blake3(max_threads=blake3.AUTO if parallel else 1)
        piece = memoryview(bytearray(min(size, _PIECE)))
        while count := file.readinto(piece):
            hasher.update(piece[:count])
        return hasher.hexdigest()


def _name_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")

"""Seal an artifact's folder so that later a look at the file system tells whether anything in it has changed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from attrs import frozen

from ..errors import CorruptArtifact, StoreError
from .stamps import Stamp, stamp
from .trees import SEAL, Entry, describe, digest_of, list_files, size_of
from .writing import Hashed

_VERSION = 1


@frozen(eq=False, repr=False)
class Seal:
    """What a folder held when it was sealed, and how the file system described each file then."""

    digest: str
    entries: Mapping[str, Entry]
    stamps: Mapping[str, Stamp]

    @property
    def size(self) -> int:
        """Bytes of all files together, without the seal."""
        return size_of(self.entries)


def make_seal(folder: Path, hashed: Mapping[str, Hashed]) -> Seal:
    """Make the files of a folder read-only and hash them. Nothing is written yet; see :func:`write_seal`.

    Folders inside are made read-only too, so that a step that writes beside its input fails at that line. The topmost
    one stays writable: it has to be moved, and ``rm -rf`` should work where no user's folder is inside. Files that were
    ``hashed`` when they were written, and are as they were then, are not hashed again.
    """
    files = {name: _freeze(f"{folder}/{name}", status) for name, status in list_files(folder).items()}
    for inner in _inner_folders(files):
        path = f"{folder}/{inner}"
        os.chmod(path, stat.S_IMODE(os.stat(path).st_mode) & ~0o222)
    return _seal_of(folder, files, hashed)


def write_seal(seal: Seal, folder: Path) -> None:
    """Write the seal into a folder that has none."""
    with open(f"{folder}/{SEAL}", "xb") as file:
        file.write(_document(seal))


def verify(folder: Path, digest: str) -> None:
    """Make sure that a folder still holds what ``digest`` says.

    Usually one ``stat`` a file. Where those differ from the seal (the workspace was copied, a file touched) everything
    is hashed again, and the seal renewed if all is well.

    Raises ``FileNotFoundError`` where there is no such folder, and :class:`CorruptArtifact`.
    """
    files = _list(folder, digest)
    seal = read_seal(folder, digest)
    if seal is not None and seal.stamps == _stamps(files):
        return
    found = _seal_of(folder, files, {})
    if found.digest != digest:
        raise CorruptArtifact(digest, _difference(seal, found))
    with suppress(OSError):  # a read-only workspace is hashed each time, which is slow but right
        _renew(found, folder)


def intact(folder: Path, digest: str) -> bool:
    """Whether :func:`verify` finds nothing wrong."""
    try:
        verify(folder, digest)
    except (CorruptArtifact, FileNotFoundError):
        return False
    return True


def _list(folder: Path, digest: str) -> dict[str, os.stat_result]:
    try:
        return list_files(folder)
    except StoreError as error:
        raise CorruptArtifact(digest, str(error)) from error


def _renew(seal: Seal, folder: Path) -> None:
    """Replace the seal of a folder in one go; others may be reading it."""
    temporary = f"{folder}/{SEAL}-{os.urandom(8).hex()}"
    with open(temporary, "xb") as file:
        file.write(_document(seal))
    os.replace(temporary, f"{folder}/{SEAL}")


def _document(seal: Seal) -> bytes:
    files = {name: [*seal.stamps[name], entry.blake3, int(entry.executable)] for name, entry in seal.entries.items()}
    return json.dumps({"version": _VERSION, "digest": seal.digest, "files": files}).encode("ascii")


def _seal_of(folder: Path, files: Mapping[str, os.stat_result], hashed: Mapping[str, Hashed]) -> Seal:
    stamps = _stamps(files)
    known = {name: known.blake3 for name, known in hashed.items() if stamps.get(name) == known.stamp}
    entries = describe(folder, files, known)
    return Seal(digest_of(entries), entries, stamps)


def read_seal(folder: Path, digest: str) -> Seal | None:
    """Give the seal of a folder, or None where it is missing, broken, or that of another artifact."""
    try:
        with open(f"{folder}/{SEAL}", "rb") as file:
            return _parse(json.loads(file.read()), digest)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _parse(document: Any, digest: str) -> Seal | None:
    if document["version"] != _VERSION or document["digest"] != digest:
        return None
    rows: dict[str, list[Any]] = document["files"]
    entries = {name: Entry(row[0], row[4], bool(row[5])) for name, row in rows.items()}
    return Seal(digest, entries, {name: tuple(row[:4]) for name, row in rows.items()})


def _stamps(files: Mapping[str, os.stat_result]) -> dict[str, Stamp]:
    return {name: stamp(status) for name, status in files.items()}


def _freeze(path: str, status: os.stat_result) -> os.stat_result:
    if stat.S_ISDIR(status.st_mode) or not status.st_mode & 0o222:
        return status
    os.chmod(path, stat.S_IMODE(status.st_mode) & ~0o222)
    return os.stat(path)


def _inner_folders(files: Mapping[str, os.stat_result]) -> set[str]:
    inner: set[str] = set()
    for name in files:
        parts = name.split("/")[:-1]  # an empty folder is listed as ``name/``, so it counts
        inner.update("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
    return inner


def _difference(seal: Seal | None, found: Seal) -> str:
    if seal is None:
        return "its contents do not add up to its digest"
    problems = [f"{name} is missing" for name in sorted(seal.entries.keys() - found.entries.keys())]
    problems += [f"{name} was added" for name in sorted(found.entries.keys() - seal.entries.keys())]
    for name in sorted(seal.entries.keys() & found.entries.keys()):
        problems += _change(name, seal.entries[name], found.entries[name])
    return ", ".join(problems[:5]) or "its seal is that of other contents"


def _change(name: str, before: Entry, after: Entry) -> list[str]:
    if before.size != after.size:
        return [f"{name} has {after.size} bytes instead of {before.size}"]
    return [f"{name} was changed"] if before != after else []

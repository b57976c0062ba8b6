"""Keep files in a folder of this machine, or of a share that is mounted here."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import final

from attrs import field, frozen

from ..errors import DatastoreError
from ..store.trees import hash_file
from .entries import PART, Entry, Stream
from .faults import telling

CHUNK = 1 << 20
"""Bytes read at a time."""


def _absolute(path: str | Path) -> Path:
    return Path(os.path.abspath(path))


@final
@frozen
class Folder:
    """A :class:`Writable` backend in a local folder, which is made when something is written."""

    root: Path = field(converter=_absolute)

    @property
    def url(self) -> str:
        """Where it is."""
        return str(self.root)

    def local(self, path: str) -> Path:
        """Return where a file or folder is on this machine."""
        return self.root / path

    def stat(self, path: str) -> Entry | None:
        """Describe a file. Its checksum is not given, since the file would have to be read."""
        place = self.local(path)
        with telling(str(place)):
            return self._entry(place) if place.is_file() else None

    def entries(self, path: str) -> Iterator[Entry]:
        """Describe every file below a folder; links are followed. Raises DatastoreError for one that leads in a circle."""
        with telling(str(self.local(path))):
            for folder, inner, names in os.walk(self.local(path), onerror=_refuse, followlinks=True):
                _refuse_circles(folder, inner)
                for name in names:
                    if not name.endswith(PART):
                        yield self._entry(Path(folder, name))

    def read(self, entry: Entry, start: int = 0) -> Iterator[bytes]:
        """Give the bytes of a file from a position on."""
        place = self.local(entry.path)
        with telling(str(place)), place.open("rb") as file:
            file.seek(start)
            while chunk := file.read(CHUNK):
                yield chunk

    def write(self, path: str, stream: Stream) -> None:
        """Write a file beside its place, check it, and rename it."""
        place = self.local(path)
        with telling(str(place)):
            place.parent.mkdir(parents=True, exist_ok=True)
            part = place.with_name(f".{place.name[:100]}-{os.getpid()}-{os.urandom(6).hex()}{PART}")
            try:
                with part.open("xb") as file:
                    for chunk in stream:
                        file.write(chunk)
                self._verify(part, stream.blake3)
                part.replace(place)
            finally:
                part.unlink(missing_ok=True)

    def delete(self, paths: Sequence[str]) -> None:
        """Delete files, and the folders that are empty then."""
        for path in paths:
            place = self.local(path)
            with telling(str(place)):
                place.unlink(missing_ok=True)
                for parent in place.parents:
                    if parent == self.root or not parent.is_relative_to(self.root):
                        break
                    with suppress(OSError):  # it is not empty
                        parent.rmdir()

    def checksum(self, path: str) -> str:
        """Hash a file."""
        place = self.local(path)
        with telling(str(place)):
            return f"blake3:{hash_file(str(place), place.stat().st_size)}"

    def _verify(self, part: Path, expected: str) -> None:
        if self.checksum(part.relative_to(self.root).as_posix()) != expected:
            raise DatastoreError(f"{part.parent} does not keep what is written there: the disk gave back other bytes")

    def _entry(self, place: Path) -> Entry:
        status = place.stat()
        return Entry(place.relative_to(self.root).as_posix(), status.st_size, status.st_mtime_ns / 1e9)


def _refuse_circles(folder: str, inner: Sequence[str]) -> None:
    for name in inner:
        link = os.path.join(folder, name)
        if os.path.islink(link) and Path(folder).resolve().is_relative_to(Path(link).resolve()):
            raise DatastoreError(f"{link} is a link to a folder that holds it: files would be found in a circle")


def _refuse(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError | NotADirectoryError):
        raise error

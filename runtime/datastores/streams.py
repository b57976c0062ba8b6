"""Read whole files: again from where a connection broke, and only what was announced."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias, final

from ..errors import DatastoreError, TransferFailed
from .checksums import hasher, kind_of
from .entries import Backend, Entry
from .faults import ATTEMPTS, pause

Advance: TypeAlias = Callable[[int], object]
"""Told of bytes as they pass: how many more there are. A negative number takes back what has to be sent again."""


def nothing(_count: int) -> None:
    """Take no notice of bytes that pass."""


def unbroken(backend: Backend, entry: Entry, start: int = 0) -> Iterator[bytes]:
    """Give the bytes of a file from a position on; where the connection breaks, it is taken up again.

    Raises TransferFailed when that has not helped five times in a row, or when more or fewer bytes came than announced.
    """
    if entry.size is None:  # then nobody knows what is missing, nor whether the file is still the same one
        yield from backend.read(entry, start)
        return
    passed, failures, failure = start, 0, None
    while True:
        try:
            for chunk in backend.read(entry, passed):
                passed, failures = passed + len(chunk), 0
                yield chunk
        except TransferFailed as error:
            failure = error
        if passed >= entry.size:
            break
        failures += 1
        if failures == ATTEMPTS:
            raise failure or TransferFailed(entry.path, f"the connection ended after {passed} of {entry.size} bytes")
        pause(failures - 1)
    if passed != entry.size:
        raise TransferFailed(entry.path, f"{passed} bytes came where {entry.size} were announced")


@final
class Checked:
    """A :class:`Stream` of a file: hashes what passes, and fails at its end where that is not what the store recorded."""

    def __init__(self, backend: Backend, entry: Entry, advance: Advance = nothing) -> None:
        self._backend = backend
        self._entry = entry
        self._advance = advance
        self._hasher = hasher("blake3", entry.size)

    @property
    def size(self) -> int | None:
        """How many bytes are expected."""
        return self._entry.size

    @property
    def blake3(self) -> str:
        """The checksum of everything that has passed."""
        return self._hasher.result()

    def __iter__(self) -> Iterator[bytes]:
        for chunk in unbroken(self._backend, self._entry):
            self._hasher.update(chunk)
            self._advance(len(chunk))
            yield chunk
        self._check()

    def _check(self) -> None:
        announced = self._entry.checksum
        # What S3 reports depends on how the file was sent, so only a whole hash of the contents can be refuted.
        if announced and kind_of(announced) == "blake3" and self.blake3 != announced:
            raise DatastoreError(
                f"{self._entry.path} in {self._backend.url} is not what was put there: its contents do not add up to the "
                "checksum that was recorded with it. Upload it again"
            )


def checksum_of(backend: Backend, entry: Entry, kind: str) -> str:
    """Read a file and hash it."""
    hashed = hasher(kind, entry.size)
    for chunk in unbroken(backend, entry):
        hashed.update(chunk)
    return hashed.result()

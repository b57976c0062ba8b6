"""Hash contents as stores do, so that what a store reports can be compared without reading it there.

======== =====================================================================================================
blake3   what Penstock records with a blob in Azure, and uses wherever it has the choice
md5      what Azure, S3 and Google Cloud report of a file that was written in one piece
s3       what S3 reports of a file that was written in parts: the md5 of the parts' md5s, and how many there are
======== =====================================================================================================

Equal checksums prove equal contents. Unequal ones prove nothing: parts may have been cut elsewhere, and with a key of the
customer's own S3 reports something else altogether.
"""

from __future__ import annotations

import hashlib
from typing import Any, Protocol, final

_SMALLEST_BLOCK = 1 << 24
_MOST_BLOCKS = 9000
"""S3 takes 10,000 parts, Azure 50,000."""


class Hasher(Protocol):
    """Takes bytes in pieces; ``result`` is the checksum, with its kind before it."""

    def update(self, data: bytes, /) -> None: ...
    def result(self) -> str: ...


def hasher(kind: str, size: int | None) -> Hasher:
    """Return a hasher of a kind, for a file of ``size`` bytes."""
    if kind == "s3":
        return _Parts(block_size(size))
    return _Whole(kind)


def kind_of(checksum: str) -> str:
    """Return the kind of a checksum."""
    return checksum.partition(":")[0]


def block_size(size: int | None) -> int:
    """Return in how many bytes at a time a file is sent: 16 MiB, and more for one that would take too many."""
    if size is None:
        return 4 * _SMALLEST_BLOCK
    megabyte = 1 << 20
    return max(_SMALLEST_BLOCK, -(-size // (_MOST_BLOCKS * megabyte)) * megabyte)


@final
class _Whole:
    def __init__(self, kind: str) -> None:
        self._kind = kind
        if kind == "blake3":
            from blake3 import blake3

            self._hash: Any = blake3()
        else:
            self._hash = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def result(self) -> str:
        return f"{self._kind}:{self._hash.hexdigest()}"


@final
class _Parts:
    """The md5 of a file smaller than one part, else that of the md5s of its parts."""

    def __init__(self, part: int) -> None:
        self._part = part
        self._left = part
        self._whole: list[bytes] = []
        self._current = hashlib.md5(usedforsecurity=False)

    def update(self, data: bytes, /) -> None:
        rest = memoryview(data)
        while rest:
            taken, rest = rest[: self._left], rest[self._left :]
            self._current.update(taken)
            self._left -= len(taken)
            if not self._left:
                self._next()

    def _next(self) -> None:
        self._whole.append(self._current.digest())
        self._current, self._left = hashlib.md5(usedforsecurity=False), self._part

    def result(self) -> str:
        if not self._whole:
            return f"md5:{self._current.hexdigest()}"
        parts = [*self._whole, *([self._current.digest()] if self._left < self._part else [])]
        return f"s3:{hashlib.md5(b''.join(parts), usedforsecurity=False).hexdigest()}-{len(parts)}"

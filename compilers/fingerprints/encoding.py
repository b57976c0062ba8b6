"""Turn plain data into bytes that differ whenever the data do."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import blake2b

SIZE = 20
"""Bytes of a digest: 160 bits, as git uses, far beyond chance collisions."""

_FIXED: dict[object, bytes] = {None: b"N", True: b"T", False: b"F"}


def seal(tag: str, *parts: bytes) -> bytes:
    """Return the digest of parts under a tag; each part is prefixed with its length, so that none can imitate two."""
    digest = blake2b(digest_size=SIZE, person=b"penstock")
    for part in (tag.encode(), *parts):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def joined(parts: Iterable[bytes]) -> bytes:
    """Write parts one after the other, each prefixed with its length."""
    return b"".join(piece for part in parts for piece in (len(part).to_bytes(8, "big"), part))


def texts(parts: Iterable[str]) -> bytes:
    """Write texts one after the other, each prefixed with its length."""
    return joined(text(part) for part in parts)


def text(value: str) -> bytes:
    """Encode a text; lone surrogates, which file names may hold, are kept."""
    return value.encode("utf-8", "surrogatepass")


def scalar(value: object) -> bytes | None:
    """Encode a constant with its type, its sign of zero and every bit; None for anything but a constant."""
    kind = type(value)
    if value is None or kind is bool:
        return _FIXED[value]
    if kind is str:
        return b"s" + text(value)  # type: ignore[arg-type]  # the exact type was compared
    if kind is int:
        return b"i" + hex(value).encode()  # type: ignore[arg-type]  # an int
    return _rarer(value, kind)


def _rarer(value: object, kind: type) -> bytes | None:
    if kind is float:
        return b"f" + struct.pack(">d", value)
    if kind is complex:
        return b"c" + struct.pack(">dd", value.real, value.imag)  # type: ignore[attr-defined]  # a complex
    if kind is bytes:
        return b"b" + value  # type: ignore[operator]  # bytes
    if value is Ellipsis or value is NotImplemented:
        return b"E" if value is Ellipsis else b"n"
    return None

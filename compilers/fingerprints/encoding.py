"""Turn plain data into bytes that differ whenever the data do."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from blake3 import blake3

SIZE = 20
"""Bytes of a digest: 160 bits, as git uses, far beyond chance collisions."""

_FIXED: dict[object, bytes] = {None: b"N", True: b"T", False: b"F"}


def seal(tag: str, *parts: bytes) -> bytes:
    """Return the digest of parts under a tag; their number and lengths count, so that none can imitate two."""
    return blake3(joined((tag.encode(), *parts))).digest(length=SIZE)


def content_digest(data: bytes) -> bytes:
    """Return the digest of nothing but bytes, of which there may be many."""
    return blake3(data).digest(length=SIZE)


def joined(parts: Iterable[bytes]) -> bytes:
    """Write parts one after the other, after their number and lengths."""
    kept = [*parts]
    return struct.pack(f">{len(kept) + 1}Q", len(kept), *map(len, kept)) + b"".join(kept)


def texts(parts: Iterable[str]) -> bytes:
    """Write texts one after the other, after their number and lengths."""
    return joined([part.encode("utf-8", "surrogatepass") for part in parts])


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

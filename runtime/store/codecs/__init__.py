"""Turn values into files and back, one module a format."""

from __future__ import annotations

from .protocols import Codec, InMemory, MemoryCodec, StreamCodec, Unsuitable
from .registry import codec_named, codecs_for, register_codec

__all__ = [
    "Codec",
    "InMemory",
    "MemoryCodec",
    "StreamCodec",
    "Unsuitable",
    "codec_named",
    "codecs_for",
    "register_codec",
]

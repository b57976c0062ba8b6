"""Store text and bytes as they are, in a file that any program can show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..writing import Packed
from .plain import is_text
from .protocols import MemoryCodec

_TEXT_FILE = "value.txt"
_BYTES_FILE = "value.bin"


def _is_text(value: Any) -> bool:
    return type(value) is str and is_text(value)


def _pack_text(value: Any) -> Packed:
    return {_TEXT_FILE: [value.encode()]}


def _unpack_text(files: Mapping[str, memoryview]) -> str:
    return str(files[_TEXT_FILE], "utf-8")


def _is_bytes(value: Any) -> bool:
    return type(value) is bytes


def _pack_bytes(value: Any) -> Packed:
    return {_BYTES_FILE: [value]}


def _unpack_bytes(files: Mapping[str, memoryview]) -> bytes:
    return bytes(files[_BYTES_FILE])


TEXT = MemoryCodec("text", _TEXT_FILE, _is_text, _pack_text, _unpack_text)
BYTES = MemoryCodec("bytes", _BYTES_FILE, _is_bytes, _pack_bytes, _unpack_bytes)

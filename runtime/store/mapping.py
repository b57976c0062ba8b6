"""Read files as memory that all processes share until one of them writes to it."""

from __future__ import annotations

import mmap
import os
import sys
import weakref
from pathlib import Path
from typing import Any

MAPPED_FROM = 1 << 20
"""Bytes; smaller files are read. Both give writable memory, so the difference is speed only."""

_MOST_MAPPINGS = 256
"""Before Python 3.13 each mapping keeps a file open, and a process has 1,024 of those to spend, most for its user."""

_UNTRACKED: dict[str, Any] = {"trackfd": False} if sys.version_info >= (3, 13) else {}

_mappings: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


def read_shared(path: str | Path) -> memoryview:
    """Give the bytes of a file as writable memory.

    A big file is mapped copy-on-write: every process that reads it shares the same physical pages, a write goes to a
    private copy of the page, and the file itself never changes. So a consumer may modify the array it was given, as in
    plain Python, and nobody else sees it.
    """
    with open(path, "rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size < MAPPED_FROM or (not _UNTRACKED and len(_mappings) >= _MOST_MAPPINGS):
            return _read(file, size)
        mapped = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY, **_UNTRACKED)
    _mappings.add(mapped)
    return memoryview(mapped)


def _read(file: Any, size: int) -> memoryview:
    data = bytearray(size)
    count = file.readinto(data)
    return memoryview(data)[:count]

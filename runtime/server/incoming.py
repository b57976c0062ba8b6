"""Take in a file piece by piece; it is there when it is whole, and nothing is left of one that breaks off."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path
from typing import Final, final

from blake3 import blake3
from starlette.concurrency import run_in_threadpool

from .errors import Problem

PARTIAL: Final = "partial-"
"""What the folder of a file that is not whole yet begins with."""

_BATCH = 1 << 20
"""Bytes that are gathered before they are written, by another thread."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


@final
class Incoming:
    """A file on its way into the folder of uploads. The same content under the same name is kept once: who sends a form again names the same file."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        self._name = name
        self._partial = folder / f"{PARTIAL}{secrets.token_hex(16)}"
        self._partial.mkdir(parents=True)
        self._file = (self._partial / name).open("xb")
        self._gathered = bytearray()
        self._digest = blake3(name.encode() + b"\0")
        self._placed: tuple[Path, int] | None = None

    async def write(self, data: bytes) -> None:
        """Take in a piece. Raises Problem 507 where there is no room."""
        self._gathered += data
        if len(self._gathered) >= _BATCH:
            await self._flush()

    async def finish(self) -> Path:
        """Say that all of it has come, and return where it is."""
        await self._flush()
        return await run_in_threadpool(self._place)

    def abandon(self) -> None:
        """Remove what has come, unless somebody else has sent the same."""
        self._file.close()
        shutil.rmtree(self._partial, ignore_errors=True)
        if self._placed is not None:
            home, stamp = self._placed
            if home.is_dir() and home.stat().st_mtime_ns == stamp:
                shutil.rmtree(home, ignore_errors=True)

    async def _flush(self) -> None:
        data, self._gathered = self._gathered, bytearray()
        await run_in_threadpool(self._write, data)

    def _write(self, data: bytearray) -> None:
        self._digest.update(data)
        try:
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            if error.errno in _FULL:
                raise Problem(507, "there is no room for the file on the server") from error
            raise

    def _place(self) -> Path:
        self._file.close()
        home = self._folder / self._digest.hexdigest()[:32]
        try:
            self._partial.rename(home)
        except OSError:
            if not (home / self._name).is_file():
                raise
            os.utime(home)  # it was sent before: it is kept for as long as if it had come now
            shutil.rmtree(self._partial, ignore_errors=True)
        else:
            self._placed = home, home.stat().st_mtime_ns
        return home / self._name

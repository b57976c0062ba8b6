"""Find files of a workspace that nobody needs: folders of forgotten runs, what killed steps left, old parsed code."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from .inputs import FILE
from .store.staging import last_touched

FORGOTTEN_AFTER = 86_400.0
"""Seconds for which the folder of a run that the history does not know must be untouched. A run makes its folder before
the history hears of it, and where the history cannot be written that takes a while."""

MEMO_UNUSED_AFTER = 30 * 86_400.0
"""Seconds after which parsed code that nobody read is dropped. Parsing a file again takes milliseconds."""

_SCRATCH = "scratch"

_DIGEST = re.compile(rb"\b[0-9a-f]{64}\b")


def given(folder: Path) -> set[str]:
    """Return the digests of all artifacts that a run was given, as its folder says; none where that says nothing.

    Whatever looks like a digest counts, so that a file of another version, or one that was cut off, keeps what it names.
    """
    try:
        data = (folder / FILE).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return set()
    return {digest.decode("ascii") for digest in _DIGEST.findall(data)}


def orphaned(runs: Path, known: Collection[str], *, older_than: float = FORGOTTEN_AFTER) -> Iterator[Path]:
    """Yield folders of runs that the history does not know, untouched for ``older_than`` seconds."""
    since = time.time() - older_than
    for folder in children(runs):
        if folder.name not in known and last_touched(folder) < since:
            yield folder


def scratch(runs: Path, ended: Collection[str], *, older_than: float) -> Iterator[Path]:
    """Yield what steps of ended runs left in their temporary folders, untouched for ``older_than`` seconds."""
    since = time.time() - older_than
    for folder in children(runs):
        if folder.name in ended:
            yield from (left for left in children(folder / _SCRATCH) if last_touched(left) < since)


def stale_memos(memo: Path, *, older_than: float = MEMO_UNUSED_AFTER, unfinished: float) -> Iterator[Path]:
    """Yield files with parsed code that nobody has read for ``older_than`` seconds, and half-written ones sooner."""
    now = time.time()
    for folder in children(memo):
        for file in children(folder):
            with suppress(FileNotFoundError):
                status = file.stat()
                age = now - max(status.st_atime, status.st_mtime)
                if age > (unfinished if file.name.startswith(".") else older_than):
                    yield file


def children(folder: Path) -> list[Path]:
    """Return what lies in a folder; nothing where there is none."""
    try:
        return list(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []

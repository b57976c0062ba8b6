"""Explain a full disk: where, and how much is missing."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import StoreError

_UNITS = ("B", "kB", "MB", "GB", "TB")


@contextmanager
def explaining_full_disk(folder: Path, needed: int | None = None) -> Iterator[None]:
    """Turn "no space left on device" into a :class:`StoreError` that says where, and with ``needed`` how much more."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise StoreError(_explanation(folder, needed)) from error


def readable_size(size: float) -> str:
    """Write a number of bytes for people, in powers of ten: ``12.3 kB``."""
    for unit in _UNITS:
        if size < 1000 or unit == _UNITS[-1]:
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"


def _explanation(folder: Path, needed: int | None) -> str:
    free = shutil.disk_usage(_existing(folder)).free
    if needed is None:  # whatever was being written has been removed again, so it did not fit into what is free now
        demand = f"more than the {readable_size(free)} that are free are needed in {folder}"
    elif needed <= free:
        demand = f"it takes no more, though {readable_size(free)} are free in {folder}: are its inodes used, or is there a quota?"
    else:
        missing = readable_size(needed - free)
        demand = (
            f"{readable_size(needed)} are needed, {readable_size(free)} are free in {folder}, {missing} are missing"
        )
    return (
        f"the disk is full: {demand}. This value was not stored; results of finished steps are kept. Free some space "
        "(`penstock clean` removes what no kept run needs) or move the workspace, and run again"
    )


def _existing(folder: Path) -> Path:
    path = folder.absolute()
    return path if path.exists() else _existing(path.parent)

"""Prepare folders out of sight, and take them away again whatever permissions they got."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def fresh_name(staging: Path) -> Path:
    """Give a path in ``staging`` that nobody else uses; nothing is made."""
    return Path(f"{staging}/{os.getpid()}-{os.urandom(8).hex()}")


def new_folder(staging: Path) -> Path:
    """Make a fresh folder in ``staging``, which is made too where it is missing."""
    folder = fresh_name(staging)
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        os.makedirs(staging, exist_ok=True)
        os.mkdir(folder)
    return folder


@contextmanager
def staged(staging: Path) -> Iterator[Path]:
    """Lend a fresh folder, and remove what is left of it afterwards, on failure too."""
    folder = new_folder(staging)
    try:
        yield folder
    finally:
        remove_tree(folder)


def remove_tree(path: str | Path) -> None:
    """Remove a folder with all that is in it, read-only or not. A missing one is no error."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return
    except OSError:
        _empty(path)
        with suppress(FileNotFoundError):
            os.rmdir(path)


def copy_file(source: Path, target: Path, *, mode: int) -> None:
    """Copy a file, or make an empty folder, with the permissions of ``mode``; folders above are made as needed."""
    if stat.S_ISDIR(mode):
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(stat.S_IMODE(mode))


def remove_stale(staging: Path, *, older_than: float) -> int:
    """Remove what killed processes left in ``staging``, if untouched for ``older_than`` seconds; say how many."""
    stale = [path for path in _children(staging) if _last_touched(path) < time.time() - older_than]
    for path in stale:
        remove_tree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return len(stale)


def _empty(folder: str | Path) -> None:
    with suppress(FileNotFoundError):
        os.chmod(folder, 0o700)
    for child in _children(Path(folder)):
        if child.is_dir() and not child.is_symlink():
            remove_tree(child)
        else:
            _unlink(child)


def _unlink(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except PermissionError:  # a read-only file on Windows
        path.chmod(0o600)
        path.unlink(missing_ok=True)


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _last_touched(path: Path) -> float:
    times = [path.lstat().st_mtime]
    for folder, _, files in os.walk(path):
        times += [os.lstat(os.path.join(folder, name)).st_mtime for name in files]
        times.append(os.lstat(folder).st_mtime)
    return max(times)

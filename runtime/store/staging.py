"""Prepare folders out of sight, and take them away again whatever permissions they got."""

from __future__ import annotations

import errno
import functools
import os
import re
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from blake3 import blake3

from .. import pids
from ..errors import StoreError

_OWNED = re.compile(r"(\d+)-([0-9a-f]*)-[0-9a-f]+")
"""A name in a staging folder: the process that made it, where that number of a process means something, and chance."""


_DAY = 86_400.0  # seconds


def fresh_name(staging: Path) -> Path:
    """Give a path in ``staging`` that nobody else uses; nothing is made."""
    return Path(f"{staging}/{os.getpid()}-{_here()}-{os.urandom(8).hex()}")


@functools.cache
def _here() -> str:
    """Return which processes this one can see; empty where that is unknown."""
    place = pids.place()
    return blake3(place.encode()).hexdigest(length=4) if place else ""


def new_folder(staging: Path) -> Path:
    """Make a fresh folder in ``staging``, which is made too where it is missing.

    Raises ``StoreError`` where nothing may be written there.
    """
    folder = fresh_name(staging)
    try:
        _make(folder)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        raise StoreError(
            f"the store {staging.parent} cannot be written: {error.strerror}. Allow writing there, or set `store` in "
            "penstock.toml to another folder, and run again; results of finished steps are kept"
        ) from error
    return folder


def _make(folder: Path) -> None:
    try:
        os.mkdir(folder)
    except FileNotFoundError:
        os.makedirs(folder)


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


def remove_orphans(staging: Path) -> None:
    """Remove at once what processes left in ``staging`` that are known to be gone; on a read-only disk it stays."""
    with suppress(OSError):
        for name in os.listdir(staging):
            if _is_orphan(name):
                remove_tree(f"{staging}/{name}")


def remove_stale(staging: Path, *, older_than: float) -> int:
    """Remove what killed processes left in ``staging``, if untouched for ``older_than`` seconds; say how many."""
    since = time.time() - older_than
    stale = [path for path in _children(staging) if last_touched(path) < since]
    for path in stale:
        remove(path)
    return len(stale)


def find_stale(staging: Path, *, older_than: float) -> list[Path]:
    """List what killed processes left in ``staging``, if untouched for ``older_than`` seconds.

    Where the process that made it is not known to be gone, it must be untouched for a day.
    """
    now = time.time()
    return [path for path in _children(staging) if _is_stale(path, now - last_touched(path), older_than)]


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it. A missing one is no error."""
    if path.is_dir() and not path.is_symlink():
        remove_tree(path)
    else:
        _unlink(path)


def size_on_disk(path: str | Path) -> int:
    """Add up the bytes of a file, or of all files in a folder. What vanishes meanwhile counts nothing."""
    try:
        size = 0
        with os.scandir(path) as children:
            for child in children:
                is_folder = child.is_dir(follow_symlinks=False)
                size += size_on_disk(child.path) if is_folder else child.stat(follow_symlinks=False).st_size
    except NotADirectoryError:
        return os.lstat(path).st_size
    except FileNotFoundError:
        return 0
    return size


def last_touched(path: Path) -> float:
    """Return when anything in a file or folder was last written, in seconds since the epoch; 0 where it is gone."""
    times = [_written(path)]
    for folder, _, files in os.walk(path):
        times += [_written(os.path.join(folder, name)) for name in files]
        times.append(_written(folder))
    return max(times)


def _empty(folder: str | Path) -> None:
    with suppress(FileNotFoundError):
        if os.stat(folder).st_mode & stat.S_IRWXU != stat.S_IRWXU:
            os.chmod(folder, 0o700)
        with os.scandir(folder) as children:
            found = [(child.path, child.is_dir(follow_symlinks=False)) for child in children]
        for path, is_folder in found:
            remove_tree(path) if is_folder else _unlink(path)


def _unlink(path: str | Path) -> None:
    with suppress(FileNotFoundError):
        try:
            os.unlink(path)
        except PermissionError:  # a read-only file on Windows
            os.chmod(path, 0o600)
            os.unlink(path)


def _children(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except FileNotFoundError:
        return []


def _is_stale(path: Path, age: float, older_than: float) -> bool:
    return age > older_than and (age > _DAY or _is_orphan(path.name))


def _is_orphan(name: str) -> bool:
    """Whether the process that made something is known to be gone. One of another machine or container is not seen."""
    owned = _OWNED.fullmatch(name)
    return bool(owned and owned[2] and owned[2] == _here() and pids.started(int(owned[1])) is None)


def _written(path: str | Path) -> float:
    try:
        return os.lstat(path).st_mtime
    except FileNotFoundError:
        return 0.0

"""Store files and folders that steps return as ``Path``."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from ...errors import StoreError

_FILE = "file"
_FOLDER = "folder"


def _resolved(path: Path | None) -> Path | None:
    return None if path is None else path.resolve()


@frozen(eq=False)
class PathCodec:
    """Keeps a file under its name, or the contents of a folder; what is read is a read-only path into the store.

    Inside ``scratch`` files are moved, elsewhere copied. Links are followed: an artifact holds contents only. The name
    of a folder is not kept: a temporary one is different each time, and would make equal results look different.
    """

    scratch: Path | None = field(default=None, converter=_resolved)

    @property
    def name(self) -> str:
        """How artifacts name this codec."""
        return "path"

    def matches(self, value: Any) -> bool:
        """Whether a value is a path of this system; pure paths and those of other libraries are just values."""
        return is_path(value)

    def within(self, scratch: Path) -> PathCodec:
        """Give the codec that moves out of ``scratch``."""
        return evolve(self, scratch=scratch)

    def dump(self, value: Any, folder: Path) -> None:
        """Move or copy a file or folder. Raises ``StoreError`` naming what is missing, broken or no file at all."""
        kind = _kind(value)
        target = folder / _FOLDER if kind == _FOLDER else folder / _FILE / value.name
        target.parent.mkdir(exist_ok=True)
        if self._may_move(value):
            shutil.move(value, target)
        elif kind == _FILE:
            _copy_file(value, target)
        else:
            _copy_folder(value, target)

    def load(self, folder: Path) -> Path:
        """Give the path of the file or folder inside an artifact."""
        whole = folder / _FOLDER
        return whole if whole.is_dir() else next((folder / _FILE).iterdir())

    def _may_move(self, path: Path) -> bool:
        """Whether a path lies in the scratch folder, with nothing but folders and files of one name in it."""
        if self.scratch is None or path.is_symlink() or self.scratch not in path.resolve().parents:
            return False
        return all(stat.S_ISDIR(mode) or (stat.S_ISREG(mode) and links == 1) for mode, links in _modes(path))


def is_path(value: Any) -> bool:
    """Whether a value is exactly a :class:`pathlib.Path`."""
    return type(value) is type(Path())


def overlapping(paths: list[Path]) -> bool:
    """Whether one of some paths is, or contains, another: then none may be moved."""
    places = sorted(path.resolve().parts for path in paths)
    return any(after[: len(before)] == before for before, after in pairwise(places))


def _kind(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise StoreError(_absence(path)) from None
    except OSError as error:  # a loop of links, a folder that may not be searched
        raise StoreError(f"{path} cannot be stored: {error.strerror}") from error
    if stat.S_ISDIR(mode):
        return _FOLDER
    if stat.S_ISREG(mode):
        return _FILE
    raise StoreError(f"{path} is a device, pipe or socket, which cannot be stored; return a file or a folder")


def _absence(path: Path) -> str:
    if path.is_symlink():
        return f"{path} is a link to {path.readlink()}, which does not exist; it cannot be stored"
    return (
        f"the path {path} does not exist, so it cannot be stored as an output (looked for in {Path.cwd()}); write the file "
        "or folder before returning its Path, or return str(path) if only the name is meant"
    )


def _copy_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(stat.S_IMODE(source.stat().st_mode))


def _copy_folder(source: Path, target: Path, above: tuple[Path, ...] = ()) -> None:
    place = source.resolve()
    if place in above:
        raise StoreError(f"{source} is a link to a folder that contains it, so it has no end; it cannot be stored")
    target.mkdir()
    for child in source.iterdir():
        if _kind(child) == _FOLDER:
            _copy_folder(child, target / child.name, (*above, place))
        else:
            _copy_file(child, target / child.name)


def _modes(path: Path) -> Iterator[tuple[int, int]]:
    status = path.lstat()
    yield status.st_mode, status.st_nlink
    if stat.S_ISDIR(status.st_mode):
        for child in path.iterdir():
            yield from _modes(child)


CODEC = PathCodec()

"""Identify files and folders that a step declares, by names and contents, reading each content once."""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias, final

from blake3 import blake3

from ..errors import CompileError
from .encoding import SIZE, seal, text
from .ignoring import IGNORE_FILES, IgnoreRules
from .memo import Memo, MemoryMemo, packed, unpacked

_SETTLED = 2_000_000_000
"""Nanoseconds: a file that changed within this time before it was read may change again without showing it, since some file
systems count in steps of two seconds (FAT). Git calls such an entry racy."""

_TRUSTED = os.name != "nt"
"""Windows does not tell when a file's metadata changed, so that an old time can be put back unseen."""

_MAPPED = 1 << 20
"""Bytes; a larger file is mapped rather than read."""

_MISSING = "missing"
_NOWHERE = (errno.ENOENT, errno.ELOOP)
"""What following a link gives that leads to nothing, or to itself."""

Seen: TypeAlias = tuple[int, int, int, int, int, bytes]
"""Size, modification time, change time, device and inode of a file when it was read, and the digest of its content."""


class DeclaredPathError(CompileError):
    """A declared file or folder is there but cannot be read. ``path`` is the one at fault, ``problem`` says why."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path = path
        self.problem = problem

    def __str__(self) -> str:
        return (
            f"{self.path} is declared with hash_paths and cannot be read: {self.problem}. Allow reading it, or name it in "
            "the .gitignore of the declared folder"
        )


@final
class DeclaredPaths:
    """Identifies the paths of ``hash_paths``, each once until :meth:`forget`; make one for each run.

    A folder counts by the names and contents of its files; see :mod:`.ignoring` for those left out. Links are followed. A file
    whose size, times, device and inode are those that the memo knows is not read again, unless it was read just after it
    changed.
    """

    def __init__(self, memo: Memo | None = None) -> None:
        self._memo: Memo = memo if memo is not None else MemoryMemo()
        self._known: dict[str, str] = {}

    def digest(self, path: Path | str) -> str:
        """Return what identifies a file or folder; ``missing`` where there is none.

        Raises DeclaredPathError for what cannot be read, IgnoreError for an ignore file that cannot be understood.
        """
        place = os.path.abspath(path)
        if place not in self._known:
            self._known[place] = self._identified(place)
        return self._known[place]

    def forget(self) -> None:
        """Look at the files again when they are asked for next, as they may have changed: a step has run."""
        self._known.clear()

    def changes(self, before: str, now: str) -> tuple[str, ...]:
        """Say which files differ between two identities of a folder, by name; nothing where that is not known (any more)."""
        old, new = self._listing(before), self._listing(now)
        if old is None or new is None:
            return ()
        return tuple(
            f"{name} {_verb(old, new, name)}" for name in sorted({*old, *new}) if old.get(name) != new.get(name)
        )

    def _listing(self, identity: str) -> dict[str, bytes] | None:
        data = self._memo.get(f"files {identity}")
        try:
            found = unpacked(data) if data is not None else None
        except (ValueError, TypeError, EOFError):
            return None
        return found if type(found) is dict else None

    def _identified(self, place: str) -> str:
        try:
            status = os.stat(place)
        except (FileNotFoundError, NotADirectoryError):
            return _MISSING
        except OSError as error:
            raise DeclaredPathError(place, error.strerror or str(error)) from error
        files = {"": place} if not stat.S_ISDIR(status.st_mode) else dict(counted_files(place))
        contents = self._contents(place, files)
        if not stat.S_ISDIR(status.st_mode):
            return f"file {contents[''].hex()}"
        parts = [part for name in sorted(contents) for part in (text(name), contents[name])]
        identity = f"folder {seal('folder', *parts).hex()}"
        if self._memo.get(f"files {identity}") is None:
            self._memo.put(f"files {identity}", packed(contents))
        return identity

    def _contents(self, place: str, files: Mapping[str, str]) -> dict[str, bytes]:
        """Return the digest of each file, read again only where it may differ from when it was read last."""
        before = self._seen(place)
        moment = time.time_ns()
        seen = {name: _seen(path, before.get(name)) for name, path in files.items()}
        if seen != before:
            lasting = {name: item for name, item in seen.items() if max(item[1:3]) < moment - _SETTLED}
            self._memo.put(f"seen {place}", packed(lasting))
        return {name: item[-1] for name, item in seen.items()}

    def _seen(self, place: str) -> dict[str, Seen]:
        data = self._memo.get(f"seen {place}") if _TRUSTED else None
        try:
            found: Any = unpacked(data) if data is not None else {}
        except (ValueError, TypeError, EOFError):
            return {}
        return found if type(found) is dict else {}


def counted_files(folder: str) -> Iterator[tuple[str, str]]:
    """Yield the files of a folder that count, by their names below it with forward slashes, with their paths.

    Where the ignore files leave nothing but themselves, as in folders that git shall keep empty, everything counts.
    Raises DeclaredPathError and IgnoreError.
    """
    found = dict(_walk(folder, IgnoreRules(), (), ruled=True))
    only_rules = all(name.rpartition("/")[2] in IGNORE_FILES for name in found)
    yield from (_walk(folder, IgnoreRules(), (), ruled=False) if only_rules else found.items())


def _walk(
    folder: str, rules: IgnoreRules, above: tuple[tuple[int, int], ...], *, ruled: bool
) -> Iterator[tuple[str, str]]:
    """Yield the files under a folder; ``above`` are the folders that led here, so that a circle of links ends."""
    try:
        with os.scandir(folder) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        here = os.stat(folder)
    except OSError as error:
        raise DeclaredPathError(folder, error.strerror or str(error)) from error
    if (here.st_dev, here.st_ino) in above:
        yield f"{rules.place}@circle", ""
        return
    above = (*above, (here.st_dev, here.st_ino))
    if ruled:
        rules = _with_own(folder, rules, {entry.name for entry in listed})
    for entry in listed:
        is_folder = _is_folder(entry)
        if rules.ignores(entry.name, is_folder=is_folder):
            continue
        if is_folder:
            yield from _walk(entry.path, rules.below(entry.name), above, ruled=ruled)
        else:
            yield rules.place + entry.name, entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself; reading it says what is wrong with anything else
        return False


def _with_own(folder: str, rules: IgnoreRules, names: set[str]) -> IgnoreRules:
    """Add the rules of a folder's own ignore file, if it has one."""
    name = next((name for name in IGNORE_FILES if name in names), None)
    if name is None:
        return rules
    try:
        written = Path(folder, name).read_bytes()
    except OSError as error:
        raise DeclaredPathError(os.path.join(folder, name), error.strerror or str(error)) from error
    return rules.with_file(os.path.join(folder, name), written.decode("utf-8", "surrogateescape"))


def _seen(path: str, before: Seen | None) -> Seen:
    if not path:
        return (0, 0, 0, 0, 0, b"circle")
    try:
        status = os.stat(path)
        facts = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino)
        if before is not None and before[:5] == facts:
            return before
        return (*facts, _content(path, status))
    except OSError as error:
        if error.errno in _NOWHERE:
            return (0, 0, 0, 0, 0, b"to " + os.fsencode(os.readlink(path)) if os.path.islink(path) else b"gone")
        raise DeclaredPathError(path, error.strerror or str(error)) from error


def _content(path: str, status: os.stat_result) -> bytes:
    """Digest a file. A pipe, socket or device is never opened, which could wait for ever: its kind counts."""
    if not stat.S_ISREG(status.st_mode):
        return b"special %o" % stat.S_IFMT(status.st_mode)
    if status.st_size > _MAPPED:
        return blake3().update_mmap(path).digest(length=SIZE)
    with open(path, "rb", buffering=0) as file:
        return blake3(file.readall()).digest(length=SIZE)


def _verb(old: Mapping[str, bytes], new: Mapping[str, bytes], name: str) -> str:
    if name not in old:
        return "is new"
    return "changed" if name in new else "is gone"

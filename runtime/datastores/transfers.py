"""Copy files between stores, many at once: what is there already is skipped, what arrives is verified."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from ..errors import DataExists, DatastoreError, TransferFailed
from .checksums import kind_of
from .entries import Backend, Entry, Writable
from .faults import pause, retrying
from .folders import Folder
from .parallel import Stop, at_once
from .progress import bar
from .streams import Advance, Checked, checksum_of, nothing


@frozen
class Transfer:
    """One file to copy: where from, and what it is called there and at the target."""

    source: Backend
    entry: Entry
    target: Writable
    path: str


@frozen
class Transferred:
    """What a transfer did. ``skipped`` files were there already, with the same contents; ``size`` is in bytes copied."""

    copied: int
    skipped: int
    size: int

    def __add__(self, other: Transferred) -> Transferred:
        return Transferred(self.copied + other.copied, self.skipped + other.skipped, self.size + other.size)


def transfer(
    files: Sequence[Transfer], *, overwrite: bool = False, label: str = "copying", show_progress: bool = True
) -> Transferred:
    """Copy files, unless they are there already. Doing it again finishes what was broken off.

    Raises DataExists, before anything is written, where other contents are in the way and ``overwrite`` is not said.
    """
    _refuse_twins(files)
    states = at_once(lambda one: _state(one, certain=not overwrite), files)
    in_the_way = [one for one, state in zip(files, states, strict=True) if state == "other"]
    if in_the_way and not overwrite:
        raise DataExists(tuple(f"{one.target.url}/{one.path}" for one in in_the_way))
    todo = [one for one, state in zip(files, states, strict=True) if state != "same"]
    sizes = [one.entry.size for one in todo]
    known = [size for size in sizes if size is not None]
    with bar(label, sum(known) if len(known) == len(sizes) else None, shown=show_progress) as advance:
        stop = Stop()
        copied = at_once(lambda one: copy_file(one, stop.checked(advance)), todo, stop)
    return Transferred(len(todo), len(files) - len(todo), sum(copied))


def copy_file(one: Transfer, advance: Advance = nothing) -> int:
    """Copy one file, verified, and return how many bytes it has.

    Where that fails, once more with a new look at the source: it may have been replaced since it was listed.
    """
    try:
        return _copy(one, one.entry, advance)
    except TransferFailed:
        pause(0)
    return _copy(one, one.source.stat(one.entry.path) or one.entry, advance)


def same(source: Backend, entry: Entry, target: Backend, other: Entry, *, certain: bool = True) -> bool:
    """Say whether two files have the same contents: by their sizes, by checksums, and else by reading both.

    With ``certain=False`` files that only reading could tell apart count as different.
    """
    if entry.size is not None and other.size is not None and entry.size != other.size:
        return False
    if entry.checksum and entry.checksum == other.checksum:
        return True
    for known, here, there in ((other, source, entry), (entry, target, other)):
        cheap = certain or isinstance(here, Folder)
        if known.checksum and cheap and _hashed(here, there, kind_of(known.checksum)) == known.checksum:
            return True
    both_here = isinstance(source, Folder) and isinstance(target, Folder)
    if not certain and not both_here:
        return False
    return _hashed(source, entry, "blake3") == _hashed(target, other, "blake3")


def _hashed(store: Backend, entry: Entry, kind: str) -> str:
    if kind == "blake3" and isinstance(store, Folder):
        return store.checksum(entry.path)  # faster than what streams
    return checksum_of(store, entry, kind)


def _state(one: Transfer, *, certain: bool) -> str:
    found = retrying(lambda: one.target.stat(one.path))
    if found is None:
        return "absent"
    return "same" if same(one.source, one.entry, one.target, found, certain=certain) else "other"


def _copy(one: Transfer, entry: Entry, advance: Advance) -> int:
    total = 0

    def note(count: int) -> None:
        nonlocal total
        total += count
        advance(count)

    try:
        one.target.write(one.path, Checked(one.source, entry, note))
    except BaseException:
        advance(-total)  # it will pass again, or never
        raise
    return total


def _refuse_twins(files: Sequence[Transfer]) -> None:
    seen: dict[str, str] = {}
    for one in files:
        before = seen.setdefault(one.path, one.entry.path)
        if before != one.entry.path:
            raise DatastoreError(f"{before} and {one.entry.path} would both be copied to {one.path}")

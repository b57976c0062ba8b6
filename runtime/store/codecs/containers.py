"""Store lists, tuples and dicts that hold files or sets: a pickle of the structure, with the rest beside it.

A set is pickled in the order of its hashes, which for text differs from process to process; here its items are sorted,
so that equal sets are equal artifacts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from attrs import evolve, field, frozen

from ..writing import Packed, write_files
from . import pickles
from .paths import CODEC as PATHS
from .paths import PathCodec, is_path, overlapping
from .protocols import read_files

_FILE = "value.pkl"
_SCALARS = frozenset({type(None), bool, int, float, complex, str, bytes})
_SETS = frozenset({set, frozenset})

_Reference: TypeAlias = tuple[int, str, object]
"""What stands in the pickle for a path or a set: its number, its kind, and a set's sorted items."""


@frozen(eq=False)
class ContainerCodec:
    """Keeps containers of files and of sets of scalars. Nothing inside other objects is looked at."""

    paths: PathCodec = field(default=PATHS)

    @property
    def name(self) -> str:
        """How artifacts name this codec."""
        return "container"

    @property
    def filename(self) -> str:
        """The file of a container without paths."""
        return _FILE

    def matches(self, value: Any) -> bool:
        """Whether there is a path or a set in a value's lists, tuples and dicts, or the value is a set."""
        return next(leaves(value), None) is not None

    def within(self, scratch: Path) -> ContainerCodec:
        """Give the codec that moves files out of ``scratch``."""
        return evolve(self, paths=PathCodec(scratch))

    def pack(self, value: Any) -> Packed | None:
        """Pack what holds no path."""
        found = list(leaves(value))
        return None if any(map(is_path, found)) else pickles.pack(value, _References(found))

    def unpack(self, files: Mapping[str, memoryview]) -> object:
        """Read what holds no path."""
        return pickles.unpack(files, _Restored(None, self.paths))

    def dump(self, value: Any, folder: Path) -> None:
        """Write the structure, and each path's file or folder in a numbered folder."""
        references = _References(list(leaves(value)))
        write_files(pickles.pack(value, references), folder)
        codec = PATHS if overlapping(list(references.paths)) else self.paths
        for path, number in references.paths.items():
            place = folder / str(number)
            place.mkdir()
            codec.dump(path, place)

    def load(self, folder: Path) -> object:
        """Read the structure; its paths lead into the artifact."""
        return pickles.unpack(read_files(folder), _Restored(folder, self.paths))


class _References:
    """Gives the reference for an object that is not to be pickled itself, as picklers ask for it."""

    def __init__(self, found: list[Any]) -> None:
        self.paths: dict[Path, int] = {}
        self._by_identity: dict[int, _Reference] = {}
        for number, leaf in enumerate(found):
            self._by_identity[id(leaf)] = self._reference(number, leaf)

    def __call__(self, value: Any) -> _Reference | None:
        return self._by_identity.get(id(value))

    def _reference(self, number: int, leaf: Any) -> _Reference:
        if isinstance(leaf, Path):
            return self.paths.setdefault(leaf, number), "path", None
        return number, type(leaf).__name__, _sorted(leaf)


class _Restored:
    """Gives back what references stand for: the same object each time for the same number."""

    def __init__(self, folder: Path | None, paths: PathCodec) -> None:
        self._folder = folder
        self._paths = paths
        self._known: dict[int, object] = {}

    def __call__(self, reference: _Reference) -> object:
        number, kind, items = reference
        if number not in self._known:
            self._known[number] = self._restore(number, kind, items)
        return self._known[number]

    def _restore(self, number: int, kind: str, items: Any) -> object:
        if kind == "path":
            return self._paths.load((self._folder or Path()) / str(number))
        return frozenset(items) if kind == "frozenset" else set(items)


def leaves(value: Any) -> Iterator[object]:
    """Find the paths and the sets of scalars in lists, tuples and dicts, each object once."""
    seen: set[int] = set()
    level: list[object] = [value]
    while level:
        fresh = {id(item): item for item in level if type(item) not in _SCALARS and id(item) not in seen}
        seen.update(fresh)
        yield from (item for item in fresh.values() if is_path(item) or _is_plain_set(item))
        level = [child for item in fresh.values() for child in _children(item)]


def _children(value: Any) -> Iterable[object]:
    """Look into a container by its class's own means, so that no code of a subclass runs."""
    if isinstance(value, dict):
        return dict.values(value)
    if isinstance(value, list):
        return list.__iter__(value)
    return tuple.__iter__(value) if isinstance(value, tuple) else ()


def _is_plain_set(value: Any) -> bool:
    return type(value) in _SETS and _SCALARS.issuperset(map(type, value))


def _sorted(items: Iterable[Any]) -> list[Any]:
    known = list(items)
    if len(set(map(type, known)) & {str, bytes, int, float}) == 1 == len(set(map(type, known))):
        return sorted(known)
    return sorted(known, key=lambda item: (type(item).__name__, repr(item)))


CODEC = ContainerCodec()

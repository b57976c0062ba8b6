"""Say what a codec is, and offer two ready-made shapes of one."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any, Protocol, cast, runtime_checkable

from attrs import frozen

from ...errors import StoreError
from ..mapping import read_shared
from ..writing import Packed, write_files


class Unsuitable(StoreError):
    """Raise from ``dump`` or ``pack`` to pass a value on to the next codec: ``matches`` could not see it coming."""


@runtime_checkable
class Codec(Protocol):
    """Turns values of some kind into files and back. See :func:`penstock.runtime.store.register_codec`.

    ``name`` is written into each artifact, so it must not change. ``matches`` is asked for every value: it should look at
    ``type(value).__module__`` before it imports anything. ``dump`` writes into an empty folder; its files must depend on
    the value only, or steps that follow run again. ``load`` gets the folder back, read-only.
    """

    @property
    def name(self) -> str: ...
    def matches(self, value: Any, /) -> bool: ...
    def dump(self, value: Any, folder: Path, /) -> None: ...
    def load(self, folder: Path, /) -> Any: ...


class InMemory(Protocol):
    """What a codec can do besides, so that small values never touch a disk.

    ``pack`` gives all files, or None for a value that should be dumped; ``unpack`` gets them back as writable memory,
    which for big files is mapped. Only a value packed into the one file called ``filename`` can travel inline.
    """

    @property
    def filename(self) -> str: ...
    def pack(self, value: Any, /) -> Packed | None: ...
    def unpack(self, files: Mapping[str, memoryview], /) -> Any: ...


class UsesScratch(Protocol):
    """A codec that moves files, rather than copy them, where they lie in a folder that is going to be removed."""

    def within(self, scratch: Path, /) -> Codec: ...


@frozen(eq=False, repr=False)
class MemoryCodec:
    """A codec made of two functions on bytes."""

    name: str
    filename: str
    matches: Callable[[Any], bool]
    pack: Callable[[Any], Packed]
    unpack: Callable[[Mapping[str, memoryview]], object]

    def dump(self, value: Any, folder: Path) -> None:
        """Write what ``pack`` gives."""
        write_files(self.pack(value), folder)

    def load(self, folder: Path) -> object:
        """Read what ``unpack`` needs."""
        return self.unpack(read_files(folder))


@frozen(eq=False, repr=False)
class StreamCodec:
    """A codec made of a function that writes to an open file, and one that reads its bytes.

    ``small`` tells which values may be written in memory first.
    """

    name: str
    filename: str
    matches: Callable[[Any], bool]
    write: Callable[[object, IO[bytes]], None]
    read: Callable[[memoryview], object]
    small: Callable[[Any], bool]

    def pack(self, value: Any) -> Packed | None:
        """Write a small value in memory."""
        if not self.small(value):
            return None
        stream = io.BytesIO()
        self.write(value, stream)
        return {self.filename: [stream.getbuffer()]}

    def unpack(self, files: Mapping[str, memoryview]) -> object:
        """Read the one file."""
        return self.read(files[self.filename])

    def dump(self, value: Any, folder: Path) -> None:
        """Write straight to the disk."""
        with (folder / self.filename).open("xb") as file:
            self.write(value, file)

    def load(self, folder: Path) -> object:
        """Read the one file, mapped where it is big."""
        return self.read(read_shared(folder / self.filename))


def read_files(folder: Path) -> dict[str, memoryview]:
    """Read all files at the top of a folder, the big ones mapped. Hidden ones are the store's own."""
    return {path.name: read_shared(path) for path in folder.iterdir() if path.is_file() and path.name[0] != "."}


def in_memory(codec: Codec) -> InMemory | None:
    """Give a codec as one that can do without a disk, if it can. (An ``isinstance`` with a protocol takes longer.)"""
    return cast(InMemory, codec) if hasattr(codec, "unpack") else None


def within(codec: Codec, scratch: Path | None) -> Codec:
    """Let a codec move files out of ``scratch``, if it has to do with files."""
    return cast(UsesScratch, codec).within(scratch) if scratch is not None and hasattr(codec, "within") else codec


def module_of(value: Any) -> str:
    """Give the package that a value's class comes from: ``pandas`` for a DataFrame. Imports nothing."""
    module: object = type(value).__module__  # a class may say anything
    return module.partition(".")[0] if isinstance(module, str) else ""

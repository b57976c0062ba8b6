"""Store any object by pickle, with the big arrays in it beside the pickle, where they can be mapped.

This is what holds scikit-learn estimators, tables that parquet would change, and people's own classes. Protocol 5 hands
out the memory of arrays instead of copying it into the pickle; it is written to a second file, and when read the arrays
lie in that file's mapping, with their exact type, writable, and shared with other processes until written to.
"""

from __future__ import annotations

import io
import pickle
import re
import struct
import sys
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType
from typing import Any, TypeAlias

from attrs import frozen

from ..writing import Chunk, Packed
from .protocols import MemoryCodec, Unsuitable

_FILE = "value.pkl"
_BUFFERS = "buffers.bin"

_OUT_OF_BAND = 1 << 16
"""Bytes; smaller arrays stay in the pickle."""

_ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector register."""

PersistentId: TypeAlias = Callable[[Any], object]
PersistentLoad: TypeAlias = Callable[[Any], object]


@frozen(eq=False, repr=False)
class _Buffers:
    """Collects the memory that stays out of the pickle."""

    kept: list[memoryview]

    def __call__(self, buffer: pickle.PickleBuffer) -> bool:
        memory = buffer.raw()
        if memory.nbytes < _OUT_OF_BAND:
            return True
        self.kept.append(memory)
        return False


def anything(_: Any) -> bool:
    """Accept every value; :func:`pack` finds out."""
    return True


def pack(value: Any, persistent_id: PersistentId | None = None) -> Packed:
    """Pickle a value; by cloudpickle where the plain pickle fails or leans on ``__main__``.

    Raises :class:`Unsuitable` with the reason that cloudpickle gave.
    """
    _refuse_open_file(value)
    try:
        packed = _pickled(pickle.Pickler, value, persistent_id)
    except MemoryError:
        raise
    except Exception:
        packed = None
    if packed is None or any(map(_local_modules().search, packed[_FILE])):
        return _by_value(value, persistent_id)
    return packed


def unpack(files: Mapping[str, memoryview], persistent_load: PersistentLoad | None = None) -> object:
    """Read a pickle; its arrays stay in the memory that they were read into."""
    buffers = list(_split(files[_BUFFERS])) if _BUFFERS in files else []
    if persistent_load is None:
        return pickle.loads(files[_FILE], buffers=buffers)
    unpickler = _customised(pickle.Unpickler, "persistent_load", persistent_load)
    return unpickler(io.BytesIO(files[_FILE]), buffers=buffers).load()


def _local_modules() -> re.Pattern[bytes]:
    """Match the modules that can be read in this process only, so that what is defined there has to go along."""
    cloudpickle = sys.modules.get("cloudpickle")
    registered = cloudpickle.list_registry_pickle_by_value() if cloudpickle else ()
    return re.compile(b"|".join(re.escape(name.encode()) for name in ("__main__", *sorted(registered))))


def _by_value(value: Any, persistent_id: PersistentId | None) -> Packed:
    import cloudpickle

    tables = {"dispatch_table": ChainMap({CodeType: _with_its_file}, cloudpickle.Pickler.dispatch_table)}
    try:
        return _pickled(type("Pickler", (cloudpickle.Pickler,), tables), value, persistent_id)
    except MemoryError:
        raise
    except Exception as error:
        raise Unsuitable(f"{type(error).__name__}: {error}") from error


def _with_its_file(code: CodeType) -> tuple[Any, tuple[Any, ...]]:
    """Reduce code with the name of its file, which cloudpickle 3.1.3 and later leave out: a traceback shows the line there."""
    import cloudpickle

    make, parts = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return make, tuple(code.co_filename if part == "<dynamic-code>" else part for part in parts)


def _pickled(pickler: Any, value: Any, persistent_id: PersistentId | None) -> Packed:
    buffers = _Buffers([])
    stream = io.BytesIO()
    if persistent_id is not None:
        pickler = _customised(pickler, "persistent_id", persistent_id)
    pickler(stream, protocol=5, buffer_callback=buffers).dump(value)
    packed: dict[str, Sequence[Chunk]] = {_FILE: [stream.getbuffer()]}
    if buffers.kept:
        packed[_BUFFERS] = list(_joined(buffers.kept))
    return packed


def _customised(base: Any, method: str, function: Callable[[Any], object]) -> Any:
    """Give a pickler or unpickler with one method replaced; the C ones take it from the class only."""
    return type(base.__name__, (base,), {method: staticmethod(function)})


def _joined(buffers: Sequence[memoryview]) -> Iterator[Chunk]:
    """Lay buffers out: how many, how long each is, then each at the next aligned place."""
    head = struct.pack(f"<{len(buffers) + 1}Q", len(buffers), *(buffer.nbytes for buffer in buffers))
    yield head
    position = len(head)
    for buffer in buffers:
        yield bytes(-position % _ALIGNMENT)
        yield buffer
        position += -position % _ALIGNMENT + buffer.nbytes


def _split(data: memoryview) -> Iterator[memoryview]:
    (count,) = struct.unpack_from("<Q", data)
    position = 8 * (count + 1)
    for size in struct.unpack_from(f"<{count}Q", data, 8):
        position += -position % _ALIGNMENT
        yield data[position : position + size]
        position += size


def _pack_by_dill(value: Any) -> Packed:
    import dill

    _refuse_open_file(value)
    try:
        return {_FILE: [dill.dumps(value, protocol=5)]}
    except MemoryError:
        raise
    except Exception as error:
        raise Unsuitable(f"{type(error).__name__}: {error}") from error


def _unpack_by_dill(files: Mapping[str, memoryview]) -> object:
    import dill

    return dill.loads(bytes(files[_FILE]))


def _refuse_open_file(value: Any) -> None:
    """Refuse what cloudpickle would store as a snapshot, and dill as a name to be opened wherever it is read."""
    if isinstance(value, io.IOBase) and not isinstance(value, (io.BytesIO, io.StringIO)):
        raise Unsuitable("it is an open file, and lives in its process only; return the file's Path instead")


CODEC = MemoryCodec("pickle", _FILE, anything, pack, unpack)
DILL = MemoryCodec("dill", _FILE, anything, _pack_by_dill, _unpack_by_dill)

"""Store NumPy arrays as ``.npy``, mapped when read: consumers share the pages until one writes to them."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..writing import Packed
from .protocols import MemoryCodec, Unsuitable, module_of

if TYPE_CHECKING:
    import numpy as np

_FILE = "value.npy"

_LONGEST_HEADER = 10_000
"""Bytes; NumPy refuses to read more without being told that it is safe."""


def matches(value: Any) -> bool:
    """Whether a value is an array that the format describes fully: no subclass, no objects, no exotic dtype."""
    if module_of(value) != "numpy":
        return False
    import numpy as np

    # A memmap is an array that lies in some file; once stored, it lies in the store's.
    return type(value) in (np.ndarray, np.memmap) and value.dtype.itemsize > 0 and _describable(value.dtype)


def pack(value: Any) -> Packed:
    """Give the header, and the array's own memory where it is contiguous."""
    import numpy as np

    array: np.ndarray[Any, np.dtype[Any]] = value
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = np.ascontiguousarray(array)
    flat = (array if array.flags.c_contiguous else array.T).reshape(-1)
    return {_FILE: [_header(array), flat.view(np.uint8).data]}


def unpack(files: Mapping[str, memoryview]) -> object:
    """Give an array on top of the file's memory; it may be written to, which changes this copy only."""
    import numpy as np

    data = files[_FILE]
    head = io.BytesIO(data[: _LONGEST_HEADER + 128])
    np.lib.format.read_magic(head)
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(head, max_header_size=_LONGEST_HEADER)
    if not math.prod(shape):
        return np.empty(shape, dtype, order="F" if fortran else "C")
    flat = np.frombuffer(data, dtype, math.prod(shape), head.tell())
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _describable(dtype: np.dtype[Any]) -> bool:
    """Whether a dtype comes back from the text that stands for it, to the last detail that NumPy compares."""
    from numpy.lib import format as npy

    if dtype.hasobject or dtype.metadata or dtype.isalignedstruct:
        return False
    try:
        return (dtype.fields is None and npy.descr_to_dtype(npy.dtype_to_descr(dtype)) == dtype) or _plain_struct(dtype)
    except (TypeError, ValueError):
        return False


def _plain_struct(dtype: np.dtype[Any]) -> bool:
    from numpy.lib import format as npy

    return dtype.fields is not None and repr(npy.descr_to_dtype(npy.dtype_to_descr(dtype))) == repr(dtype)


def _header(array: np.ndarray[Any, np.dtype[Any]]) -> bytes:
    import numpy as np

    stream = io.BytesIO()
    try:
        np.lib.format.write_array_header_1_0(stream, np.lib.format.header_data_from_array_1_0(array))
    except (ValueError, UnicodeError) as error:  # too many field names, or names beyond Latin-1
        raise Unsuitable(f"the .npy format cannot describe {array.dtype}: {error}") from error
    if stream.tell() > _LONGEST_HEADER:
        raise Unsuitable(f"the .npy header of {len(array.dtype.names or ())} fields is too long")
    return stream.getvalue()


CODEC = MemoryCodec("numpy", _FILE, matches, pack, unpack)

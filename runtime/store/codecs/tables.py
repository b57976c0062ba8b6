"""Store Arrow and polars tables as uncompressed Arrow files, which are mapped when read."""

from __future__ import annotations

import io
from typing import IO, Any

from .protocols import StreamCodec, Unsuitable, module_of

_SMALL = 1 << 16
"""Bytes of a table that may be written in memory first."""


def _is_arrow(value: Any) -> bool:
    if module_of(value) != "pyarrow":
        return False
    import pyarrow as pa

    return type(value) is pa.Table


def _write_arrow(value: Any, file: IO[bytes]) -> None:
    import pyarrow as pa

    try:
        with pa.ipc.new_file(file, value.schema) as writer:
            writer.write_table(value)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise Unsuitable(f"Arrow cannot write this table: {error}") from error


def _read_arrow(data: memoryview) -> object:
    import pyarrow as pa

    return pa.ipc.open_file(pa.py_buffer(data)).read_all()


def _arrow_is_small(value: Any) -> bool:
    return bool(value.nbytes < _SMALL)


def _is_polars(value: Any) -> bool:
    if module_of(value) != "polars":
        return False
    import polars as pl

    return type(value) is pl.DataFrame


def _write_polars(value: Any, file: IO[bytes]) -> None:
    import polars as pl

    if any(dtype.base_type() is pl.Object for dtype in value.dtypes):
        raise Unsuitable("a polars column of Python objects has no Arrow form")
    value.write_ipc(file, compression="uncompressed")


def _read_polars(data: memoryview) -> object:
    import polars as pl

    return pl.read_ipc(io.BytesIO(data))


def _polars_is_small(value: Any) -> bool:
    return bool(value.estimated_size() < _SMALL)


ARROW = StreamCodec("arrow", "table.arrow", _is_arrow, _write_arrow, _read_arrow, _arrow_is_small)
POLARS = StreamCodec("polars", "table.polars.arrow", _is_polars, _write_polars, _read_polars, _polars_is_small)

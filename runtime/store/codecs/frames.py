"""Store pandas tables as parquet, where that loses nothing.

A table comes back exactly as it went in, or parquet is the wrong format for it. So the rules here list what is known to
survive, column by column, and whatever they do not list (categories, time zones, several index levels, mixed objects,
``attrs``, ...) goes to pickle. What parquet itself cannot say stands in the file's metadata, under ``penstock``. The
pandas metadata of pyarrow is not used: it restores other dtypes in pandas 2 than in pandas 3, and turns NaN to null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.util import find_spec
from typing import IO, TYPE_CHECKING, Any

from .plain import is_text
from .protocols import StreamCodec, Unsuitable, module_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_METADATA = b"penstock"
_INDEX = "__index__"

_SMALL = 1 << 16
"""Bytes of a table that may be written in memory first."""

_NUMPY = frozenset(
    {"bool", *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)), "float32", "float64"}
)
_TIMES = frozenset(f"datetime64[{unit}]" for unit in ("ms", "us", "ns"))
_NULLABLE = frozenset({"boolean", *(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64))})
_TEXT = "text"
"""Stands for an object column of nothing but ``str``."""


def matches(value: Any) -> bool:
    """Whether a value is a table, or one column, that parquet can hold without loss."""
    if module_of(value) != "pandas" or not find_spec("pyarrow"):
        return False
    import pandas as pd

    if type(value) is pd.Series:
        return value.name != _INDEX and _fits_name(value.name) and _bare(value) and _fits(_table(value))
    return type(value) is pd.DataFrame and _bare(value) and _fits_columns(value.columns) and _fits(value)


def write(value: Any, file: IO[bytes]) -> None:
    """Write one parquet file, by columns, compressed fast; text is stored as a dictionary."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = _table(value)
    columns = [frame.iloc[:, number] for number in range(frame.shape[1])]
    names = list(frame.columns)
    if not _is_range(frame.index):
        columns, names = [*columns, frame.index], [*names, _INDEX]
    kinds = [_kind(column) for column in columns]
    try:
        arrays = [_arrow(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    except (pa.ArrowException, UnicodeError) as error:
        raise Unsuitable(f"parquet cannot hold this table: {error}") from error
    note = {_METADATA: json.dumps(_description(value, frame, kinds)).encode()}
    table = pa.table(arrays, schema=pa.schema([(n, a.type) for n, a in zip(names, arrays, strict=True)], note))
    texts = [name for name, kind in zip(names, kinds, strict=True) if kind in (_TEXT, "str")]
    pq.write_table(table, file, compression="lz4", use_dictionary=texts, write_statistics=False)


def read(data: memoryview) -> object:
    """Read one parquet file back into the table it was."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(pa.BufferReader(pa.py_buffer(data)))
    note = json.loads(table.schema.metadata[_METADATA])
    columns = [_column(table.column(number), kind) for number, kind in enumerate(note["kinds"])]
    index = _index(note["index"], columns.pop() if note["index"]["range"] is None else None)
    if note["series"]:
        return pd.Series(columns[0], index=index, name=note["columns"]["values"][0], copy=True)
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = pd.Index(note["columns"]["values"], dtype=note["columns"]["dtype"], name=note["columns"]["name"])
    return frame


def small(value: Any) -> bool:
    """Whether a table is cheap enough to be written in memory."""
    return bool(_table(value).memory_usage().sum() < _SMALL)


def _table(value: Any) -> pd.DataFrame:
    import pandas as pd

    return value.to_frame(_INDEX[:-1]) if isinstance(value, pd.Series) else value


def _bare(value: pd.DataFrame | pd.Series[Any]) -> bool:
    return not value.attrs and value.flags.allows_duplicate_labels


def _fits(frame: pd.DataFrame) -> bool:
    return _fits_index(frame.index) and all(_kind(frame.iloc[:, n]) is not None for n in range(frame.shape[1]))


def _fits_columns(columns: pd.Index[Any]) -> bool:
    import pandas as pd

    plain = type(columns) is pd.Index and len(columns) > 0 and columns.is_unique and _fits_name(columns.name)
    return plain and str(columns.dtype) in ("object", "str") and _all_text(columns) and _INDEX not in columns


def _fits_index(index: pd.Index[Any]) -> bool:
    import pandas as pd

    if not _fits_name(index.name):
        return False
    if type(index) is pd.DatetimeIndex:
        return index.freq is None and str(index.dtype) in _TIMES
    return _is_range(index) or (type(index) is pd.Index and _kind(index) in _NUMPY | {"str", _TEXT})


def _is_range(index: pd.Index[Any]) -> bool:
    import pandas as pd

    return type(index) is pd.RangeIndex


def _fits_name(name: object) -> bool:
    return name is None or (type(name) is str and is_text(name))


def _all_text(values: Sequence[Any]) -> bool:
    return set(map(type, values)) == {str} and all(map(is_text, values))


def _kind(column: pd.Series[Any] | pd.Index[Any]) -> str | None:
    """Name how a column is written, or give None for one that would change."""
    import pandas as pd

    name = str(column.dtype)
    if name == "object":
        return _TEXT if len(column) and _all_text(column.array) else None
    if name in _NULLABLE or name == "str":
        return name if pd.api.types.pandas_dtype(name) == column.dtype else None
    numpy_backed = type(column.dtype).__module__.startswith("numpy")
    return name if numpy_backed and column.dtype.isnative and name in _NUMPY | _TIMES else None


def _arrow(column: pd.Series[Any] | pd.Index[Any], kind: str | None) -> pa.Array:
    import pyarrow as pa

    if kind in _NUMPY or kind in _TIMES:
        return pa.array(column.to_numpy(), from_pandas=False)
    if kind == _TEXT:
        return pa.array(column.to_numpy(), pa.large_string())
    array = pa.array(column.array, from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _column(column: pa.ChunkedArray, kind: str) -> Any:
    import pandas as pd

    if kind in _NUMPY or kind in _TIMES:
        return column.to_numpy()
    if kind == _TEXT:
        return pd.Index(column.to_numpy(), dtype=object)
    return pd.api.types.pandas_dtype(kind).__from_arrow__(column)


def _description(value: Any, frame: pd.DataFrame, kinds: Sequence[str | None]) -> dict[str, object]:
    index, columns = frame.index, frame.columns
    bounds = [index.start, index.stop, index.step] if _is_range(index) else None
    single = value is not frame
    return {
        "kinds": kinds,
        "series": single,
        "index": {"range": bounds, "name": index.name},
        "columns": {
            "values": [value.name] if single else list(columns),
            "dtype": str(columns.dtype),
            "name": columns.name,
        },
    }


def _index(note: dict[str, Any], values: Any) -> pd.Index[Any]:
    import pandas as pd

    if note["range"] is not None:
        return pd.RangeIndex(*note["range"], name=note["name"])
    return pd.Index(values, name=note["name"], copy=True)


CODEC = StreamCodec("parquet", "table.parquet", matches, write, read, small)

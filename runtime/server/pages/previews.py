"""Show what is in an artifact without ever unpickling: from its files, as far as these are plain data."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ....compilers.errors import PenstockError
from ... import amounts
from ...artifacts import Artifact
from ...store import ArtifactStore
from ...store.codecs.protocols import in_memory
from ...store.codecs.registry import codec_here
from .media import PICTURES
from .wording import plain, pretty

ROWS, COLUMNS = 20, 30
"""Of a table, as much as is shown."""

TEXT = 8000
"""Characters of a text that are shown."""

_MOST_BYTES = 256 * 1024 * 1024
"""The biggest file of a table that is looked into."""

_SAFE_ARROW = 15
"""The first pyarrow series without such a fault from its start: 14.0.0 still had it."""

_MOST_FILES = 100
_CELL = 120
_TEXTS = frozenset({".txt", ".log", ".md", ".yaml", ".yml", ".toml", ".ini", ".py", ".sql", ".html", ".xml", ".jsonl"})


@frozen
class Preview:
    """What can be shown of a value: a table, a text, names of files, or nothing but ``note``.

    ``picture`` is the name of a file that browsers draw. ``note`` says what is left out.
    """

    note: str = ""
    text: str | None = None
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    files: tuple[tuple[str, int], ...] = ()
    picture: str | None = None


def preview(artifact: Artifact, store: ArtifactStore) -> Preview:
    """Return what can be shown of an artifact. Whatever is wrong with it is said in the note."""
    try:
        if artifact.inline is not None:
            return _of_bytes(artifact.codec, artifact.inline)
        return _of_folder(artifact.codec, store.get(artifact.digest))
    except PenstockError as error:
        return Preview(note=plain(error))
    except Exception as error:  # a file that is not what its name says
        return Preview(note=f"no preview: {type(error).__name__}: {plain(error)[:200]}")


def files_of(artifact: Artifact, store: ArtifactStore) -> Mapping[str, Path | bytes]:
    """Return the files of an artifact by their names in it. Raises StoreError."""
    if artifact.inline is not None:
        codec = codec_here(artifact.codec)
        compact = codec and in_memory(codec)
        return {compact.filename if compact else "value": artifact.inline}
    folder = store.get(artifact.digest)
    return {path.relative_to(folder).as_posix(): path for path in _files(folder)}


def _files(folder: Path) -> Sequence[Path]:
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith("."))
    return list(itertools.islice(found, 10_000))


def _of_bytes(codec: str, data: bytes) -> Preview:
    reader = _BY_CODEC.get(codec)
    if reader is not None:
        return reader(io.BytesIO(data))
    return Preview(note=_hidden(codec))


def _of_folder(codec: str, folder: Path) -> Preview:
    files = _files(folder)
    if codec == "path":
        return _of_path(folder, files)
    reader = _BY_CODEC.get(codec)
    if reader is None or len(files) != 1:
        return Preview(note=_hidden(codec))
    return _read(files[0], reader)


def _of_path(folder: Path, files: Sequence[Path]) -> Preview:
    if len(files) != 1:
        listed = tuple((path.relative_to(folder).as_posix(), path.stat().st_size) for path in files[:_MOST_FILES])
        rest = f"{amounts.counted(len(files) - len(listed), 'more file')}" if len(files) > len(listed) else ""
        return Preview(note=rest, files=listed)
    file = files[0]
    name = file.relative_to(folder).as_posix()
    if file.suffix.lower() in PICTURES:
        return Preview(picture=name)
    reader = _BY_SUFFIX.get(file.suffix.lower(), _text_if_any)
    shown = _read(file, reader)
    return Preview(shown.note, shown.text, shown.columns, shown.rows, ((name, file.stat().st_size),))


def _read(file: Path, reader: Callable[[Any], Preview]) -> Preview:
    size = file.stat().st_size
    if size > _MOST_BYTES:
        return Preview(note=f"too big to look into: {amounts.size(size)}")
    with file.open("rb") as stream:
        return reader(stream)


def _hidden(codec: str) -> str:
    if codec in ("pickle", "dill", "container"):
        return "a Python object, which is not opened for a preview; its summary is above"
    return f"no preview of what the codec {codec} stores"


def _text(stream: Any) -> Preview:
    data = stream.read(4 * TEXT)
    text = plain(data.decode("utf-8", "replace"))
    rest = f"only the first {TEXT:,} characters" if len(text) > TEXT or stream.read(1) else ""
    return Preview(note=rest, text=text[:TEXT])


def _text_if_any(stream: Any) -> Preview:
    head = stream.read(1024)
    stream.seek(0)
    return Preview(note="a binary file") if b"\0" in head else _text(stream)


def _json(stream: Any) -> Preview:
    data = stream.read(1024 * 1024)
    if stream.read(1):
        return Preview(
            note=f"only the first {TEXT:,} characters", text=plain(data[: 4 * TEXT].decode("utf-8", "replace"))[:TEXT]
        )
    text = plain(pretty(json.loads(data)))
    return Preview(note=f"only the first {TEXT:,} characters" if len(text) > TEXT else "", text=text[:TEXT])


def _csv(stream: Any) -> Preview:
    text = io.TextIOWrapper(io.BytesIO(stream.read(256 * 1024)), encoding="utf-8", errors="replace", newline="")
    rows = list(itertools.islice(csv.reader(text), ROWS + 2))
    if not rows:
        return Preview(note="an empty file")
    more = "the first rows" if len(rows) > ROWS + 1 else ""
    return _table(rows[0], rows[1 : ROWS + 1], more)


def _check_arrow() -> None:
    """Raise ImportError for a pyarrow that unpickles what a file names as the class of a column (CVE-2023-47248)."""
    import pyarrow as pa

    if int(pa.__version__.partition(".")[0]) < _SAFE_ARROW:
        raise ImportError(f"pyarrow {pa.__version__} trusts files too much; install {_SAFE_ARROW} or newer")


def _parquet(stream: Any) -> Preview:
    import pyarrow.parquet as pq

    _check_arrow()
    file = pq.ParquetFile(stream)
    names = file.schema_arrow.names
    batch = next(file.iter_batches(ROWS, columns=names[:COLUMNS]), None)
    note = f"{file.metadata.num_rows:,} rows × {len(names):,} columns"
    return _records(batch, names, note, file.metadata.num_rows)


def _arrow(stream: Any) -> Preview:
    import pyarrow as pa

    _check_arrow()
    data = pa.py_buffer(stream.read())
    try:
        reader = pa.ipc.open_file(data)
        batches = (reader.get_batch(number) for number in range(reader.num_record_batches))
    except pa.ArrowInvalid:
        reader = batches = pa.ipc.open_stream(data)
    return _records(next(iter(batches), None), reader.schema.names, f"{len(reader.schema.names):,} columns", None)


def _records(batch: Any, names: Sequence[str], note: str, count: int | None) -> Preview:
    rows: list[list[object]] = []
    if batch is not None:
        columns = [batch.column(number).slice(0, ROWS).to_pylist() for number in range(min(len(names), COLUMNS))]
        rows = [list(row) for row in zip(*columns, strict=True)]
    more = f"{note}; the first {len(rows)} rows" if count is None or count > len(rows) else note
    return _table(["" if name == "__index__" else name for name in names], rows, more)


def _array(stream: Any) -> Preview:
    import numpy as np

    array = np.load(stream, allow_pickle=False)
    note = f"{array.dtype} {array.shape}"
    if array.ndim == 0 or array.size == 0:
        return Preview(note=note, text=plain(array))
    if array.ndim > 2:
        note, array = f"{note}; the first of {len(array):,} shown", array.reshape(len(array), array.shape[1], -1)[0]
    rows = array[:ROWS, :COLUMNS].tolist() if array.ndim == 2 else [array[:COLUMNS].tolist()]
    width = array.shape[-1]
    return _table([str(number) for number in range(width)], rows, note)


def _table(names: Sequence[object], rows: Sequence[Sequence[object]], note: str) -> Preview:
    cut = f"{note}; the first {COLUMNS} columns" if len(names) > COLUMNS else note
    columns = tuple(_cell(name) for name in names[:COLUMNS])
    return Preview(note=cut, columns=columns, rows=tuple(tuple(_cell(cell) for cell in row[:COLUMNS]) for row in rows))


def _cell(value: object) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else plain(value)
    return text if len(text) <= _CELL else f"{text[:_CELL]}…"


_BY_CODEC: Mapping[str, Callable[[Any], Preview]] = {
    "json": _json,
    "text": _text,
    "bytes": _text_if_any,
    "parquet": _parquet,
    "arrow": _arrow,
    "polars": _arrow,
    "numpy": _array,
}

_BY_SUFFIX: Mapping[str, Callable[[Any], Preview]] = {
    ".csv": _csv,
    ".json": _json,
    ".parquet": _parquet,
    ".arrow": _arrow,
    ".feather": _arrow,
    ".npy": _array,
    **dict.fromkeys(_TEXTS, _text),
}

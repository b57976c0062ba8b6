"""Previews show what plain files hold, and never unpickle: an artifact says of itself what it is, and may lie."""

from __future__ import annotations

import io
import pickle
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from penstock.runtime.artifacts import Artifact
from penstock.runtime.server.pages.previews import Preview, files_of, preview
from penstock.runtime.store import LocalStore
from penstock.runtime.store.codecs import registry

CODECS = [*registry._registered, "unheard-of"]
NAMES = [
    "value.pkl",
    "value.npy",
    "value.npz",
    "value.json",
    "a.csv",
    "a.parquet",
    "a.arrow",
    "a.feather",
    "a.txt",
    "a",
    "a.png",
]


class Marking:
    """Leaves a mark where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


@pytest.fixture
def mark(tmp_path) -> Path:
    return tmp_path / "mark"


@pytest.fixture
def store(tmp_path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def hostile(mark: Path) -> dict[str, bytes]:
    """Return files that whoever trusts them unpickles."""
    bomb, array, arrow, parquet = pickle.dumps(Marking(mark)), io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.save(array, np.array([Marking(mark)], dtype=object), allow_pickle=True)
    extension = {b"ARROW:extension:name": b"arrow.py_extension_type", b"ARROW:extension:metadata": bomb}
    table = pa.table([pa.array([1])], schema=pa.schema([pa.field("x", pa.int64(), metadata=extension)]))
    with pa.ipc.new_file(arrow, table.schema) as writer:
        writer.write_table(table)
    pq.write_table(table, parquet)
    return {"pickle": bomb, "array": array.getvalue(), "arrow": arrow.getvalue(), "parquet": parquet.getvalue()}


def kept(store: LocalStore, tmp_path: Path, codec: str, files: dict[str, bytes]) -> Artifact:
    folder = tmp_path / "made"
    folder.mkdir()
    for name, data in files.items():
        (folder / name).write_bytes(data)
    digest, size = store.put(folder)
    return Artifact(digest, codec, size, "T", "")


@pytest.mark.parametrize("kind", ["pickle", "array", "arrow", "parquet"])
@pytest.mark.parametrize("codec", CODECS)
def test_nothing_is_unpickled_whatever_codec_an_artifact_names(store, tmp_path, mark, codec, kind):
    data = hostile(mark)[kind]
    assert isinstance(preview(Artifact("d" * 64, codec, len(data), "T", "", data), store), Preview)
    assert isinstance(preview(kept(store, tmp_path, codec, {"value": data}), store), Preview)
    assert not mark.exists()


@pytest.mark.parametrize("kind", ["pickle", "array", "arrow", "parquet"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_unpickled_whatever_a_file_is_called(store, tmp_path, mark, name, kind):
    assert isinstance(preview(kept(store, tmp_path, "path", {name: hostile(mark)[kind]}), store), Preview)
    assert not mark.exists()


def test_the_hostile_files_are(mark):
    pickle.loads(hostile(mark)["pickle"])
    assert mark.exists()
    mark.unlink()
    np.load(io.BytesIO(hostile(mark)["array"]), allow_pickle=True)
    assert mark.exists()


def test_a_pyarrow_that_unpickles_is_not_used(store, mark, monkeypatch):
    monkeypatch.setattr(pa, "__version__", "14.0.0")
    for codec, kind in (("arrow", "arrow"), ("parquet", "parquet")):
        data = hostile(mark)[kind]
        shown = preview(Artifact("d" * 64, codec, len(data), "T", "", data), store)
        assert "pyarrow 14.0.0 trusts files too much; install 15 or newer" in shown.note


def test_no_plugin_is_loaded_for_an_artifact_that_names_its_codec(store, monkeypatch):
    monkeypatch.setattr(registry, "_from_entry_point", lambda name: pytest.fail(f"looked for {name}"))
    assert files_of(Artifact("d" * 64, "unheard-of", 1, "T", "", b"x"), store) == {"value": b"x"}
    assert (
        preview(Artifact("d" * 64, "unheard-of", 1, "T", "", b"x"), store).note
        == "no preview of what the codec unheard-of stores"
    )


@pytest.mark.parametrize(
    "data", [b"[" * 100_000, b"[" * 900 + b"]" * 900, b'{"a": ', b"\xff", b'"' + b"x" * 100_000 + b'"']
)
def test_json_that_is_none_or_too_much_is_told(store, data):
    shown = preview(Artifact("d" * 64, "json", len(data), "T", "", data), store)
    assert shown.note or shown.text


def test_a_table_of_each_kind_is_shown_by_its_first_rows(store):
    table, parquet, arrow, array = pa.table({"x": range(30)}), io.BytesIO(), io.BytesIO(), io.BytesIO()
    pq.write_table(table, parquet)
    with pa.ipc.new_file(arrow, table.schema) as writer:
        writer.write_table(table)
    np.save(array, np.arange(60).reshape(30, 2))
    for codec, stream in (("parquet", parquet), ("arrow", arrow), ("numpy", array)):
        shown = preview(Artifact("d" * 64, codec, 1, "T", "", stream.getvalue()), store)
        assert (len(shown.rows), shown.rows[1][0]) == (20, "1" if codec != "numpy" else "2")

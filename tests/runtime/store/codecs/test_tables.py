"""Arrow tables keep schema, metadata and chunks; polars tables everything that Arrow knows."""

from __future__ import annotations

import pytest
from penstock.runtime.errors import NoCodec
from penstock.runtime.store import LocalStore, decode, encode


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


@pytest.mark.parametrize("rows", [3, 300_000])
def test_an_arrow_table_comes_back(store, rows):
    pa = pytest.importorskip("pyarrow")
    columns = {"a": pa.chunked_array([[1.5] * (rows - 1), [None]]), "b": pa.array(["x"] * rows).dictionary_encode()}
    table = pa.table(columns, metadata={"unit": "m"})
    artifact = encode(table, store)
    back = decode(artifact, store)
    assert (artifact.codec, back["a"].num_chunks) == ("arrow", 2)
    assert back.equals(table, check_metadata=True)


def test_an_arrow_table_without_anything_comes_back(store):
    pa = pytest.importorskip("pyarrow")
    assert decode(encode(pa.table({}), store), store).equals(pa.table({}))


@pytest.mark.parametrize("rows", [1, 100_000])
def test_a_polars_table_comes_back(store, rows):
    pl = pytest.importorskip("polars")
    kinds = {"n": pl.Int8, "c": pl.Categorical, "e": pl.Enum(["x", "y"]), "l": pl.List(pl.Int64)}
    table = pl.DataFrame({"n": [1, None], "c": ["x", "y"], "e": ["x", None], "l": [[1], []]}, schema=kinds)
    table = pl.concat([table] * rows)
    artifact = encode(table, store)
    back = decode(artifact, store)
    assert artifact.codec == "polars"
    assert (back.equals(table), back.schema) == (True, table.schema)


def test_a_polars_column_of_objects_is_refused_with_the_reason(store):
    pl = pytest.importorskip("polars")
    with pytest.raises(NoCodec, match="polars column of Python objects"):
        encode(pl.DataFrame({"o": pl.Series([object()], dtype=pl.Object)}), store)

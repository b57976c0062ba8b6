"""A table comes back exactly as it went in: by parquet where that loses nothing, else by pickle."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import pandas as tables
from penstock.runtime.store import LocalStore, decode, encode

ONE_TWO = {"a": [1, 2]}


def exactly(back, value):
    check = pd.testing.assert_frame_equal if isinstance(value, pd.DataFrame) else pd.testing.assert_series_equal
    check(back, value, check_exact=True, check_freq=True, check_flags=True)
    assert type(back) is type(value)
    assert back.attrs == value.attrs
    assert (type(back.index), back.index.names) == (type(value.index), value.index.names)
    if isinstance(value, pd.Series):
        assert (back.dtype, type(back.name)) == (value.dtype, type(value.name))
        return
    assert list(back.dtypes) == list(value.dtypes)
    assert (type(back.columns), back.columns.dtype, back.columns.names) == (
        type(value.columns),
        value.columns.dtype,
        value.columns.names,
    )
    assert [list(map(type, back[name])) for name in back] == [
        list(map(type, value[name])) for name in value
    ] or not value.columns.is_unique


def flagged(value):
    value.attrs["unit"] = "m"
    return value


BY_PARQUET = {
    "numbers": pd.DataFrame(
        {name: np.array([0, 1], name) for name in ("bool", "int8", "uint64", "float32", "float64")}
    ),
    "floats": pd.DataFrame({"a": [np.nan, -0.0, np.inf, 5e-324]}),
    "times": pd.DataFrame({unit: pd.to_datetime(["1700-01-01", None]).as_unit(unit) for unit in ("ms", "us", "ns")}),
    "text": pd.DataFrame({"a": ["x", None, "ü"]}),
    "text objects": pd.DataFrame({"a": pd.Series(["x", "y"], dtype=object)}),
    "nullable": pd.DataFrame({"a": pd.array([1, None], "Int8"), "b": pd.array([True, None], "boolean")}),
    "range with a step": pd.DataFrame(ONE_TWO, index=pd.RangeIndex(5, 1, -2, name="r")),
    "numbers as index": pd.DataFrame(ONE_TWO, index=pd.Index([7, 7], name="i")),
    "text as index": pd.DataFrame(ONE_TWO, index=["x", "y"]),
    "times as index": pd.DataFrame(ONE_TWO, index=pd.DatetimeIndex(["2020-01-01", "2020-01-05"])),
    "named columns": pd.DataFrame(ONE_TWO).rename_axis(columns="c"),
    "object columns": pd.DataFrame([[1]], columns=pd.Index(["a"], dtype=object)),
    "no rows": pd.DataFrame({"a": np.array([], "i4"), "b": pd.Series([], dtype="str")}),
    "odd names": pd.DataFrame({"": [1], "ü.x": [2], "a b": [3]}),
    "series": pd.Series([1, 2], name="s"),
    "unnamed series": pd.Series(["x", None]),
}

BY_PICKLE = {
    "categories": pd.DataFrame({"a": pd.Categorical(["x", "y"], ["y", "x", "z"], ordered=True)}),
    "time zone": pd.DataFrame({"a": pd.to_datetime(["2020-01-01"]).tz_localize("Europe/Berlin")}),
    "seconds": pd.DataFrame({"a": pd.to_datetime(["2020-01-01"]).as_unit("s")}),
    "durations": pd.DataFrame({"a": pd.to_timedelta(["1s", None])}),
    "periods": pd.DataFrame({"a": pd.period_range("2020", periods=2, freq="M")}),
    "intervals": pd.DataFrame({"a": pd.interval_range(0, 2)}),
    "levels": pd.DataFrame({"a": [1, 2]}, index=pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=["i", None])),
    "levels of columns": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])),
    "duplicate columns": pd.DataFrame([[1, 2.5]], columns=["a", "a"]),
    "numbered columns": pd.DataFrame([[1, 2]]),
    "mixed columns": pd.DataFrame([[1, 2]], columns=["a", 1]),
    "column called like the index": pd.DataFrame({"__index__": [1]}, index=[3]),
    "no columns": pd.DataFrame(index=[1, 2]),
    "nothing": pd.DataFrame(),
    "mixed objects": pd.DataFrame({"a": [1, "x", None, {2}]}, dtype=object),
    "text objects with None": pd.DataFrame({"a": pd.Series(["x", None], dtype=object)}),
    "empty objects": pd.DataFrame({"a": pd.Series([], dtype=object)}),
    "arrow": pd.DataFrame({"a": pd.array([1, None], "int64[pyarrow]")}),
    "nullable text": pd.DataFrame({"a": pd.array(["x", None], "string")}),
    "python text": pd.DataFrame({"a": pd.array(["x", None], pd.StringDtype("python", na_value=np.nan))}),
    "nullable floats": pd.DataFrame({"a": pd.array([0.5, None], "Float64")}),
    "half floats": pd.DataFrame({"a": np.ones(2, "f2")}),
    "complex": pd.DataFrame({"a": [1j]}),
    "sparse": pd.DataFrame({"a": pd.arrays.SparseArray([0, 1])}),
    "attrs": flagged(pd.DataFrame({"a": [1]})),
    "flags": pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
    "frequency": pd.DataFrame({"a": [1, 2]}, index=pd.date_range("2020", periods=2)),
    "index named by a number": pd.DataFrame({"a": [1, 2]}, index=pd.Index([1, 2], name=0)),
    "series of categories": pd.Series(["x"], dtype="category"),
    "series named by a tuple": pd.Series([1], name=("a", 1)),
    "surrogates": pd.DataFrame({"a": pd.Series(["\ud800"], dtype=object)}),
}


@pytest.mark.parametrize("name", BY_PARQUET)
def test_plain_tables_go_to_parquet_and_come_back(name, tmp_path):
    store = LocalStore(tmp_path)
    artifact = encode(BY_PARQUET[name], store)
    exactly(decode(artifact, store), BY_PARQUET[name])
    assert artifact.codec == "parquet"


@pytest.mark.parametrize("name", BY_PICKLE)
def test_what_parquet_would_change_comes_back_by_pickle(name, tmp_path):
    store = LocalStore(tmp_path)
    artifact = encode(BY_PICKLE[name], store)
    exactly(decode(artifact, store), BY_PICKLE[name])
    assert artifact.codec == "pickle"


COLUMNS = [
    tables.column("i", dtype="i8"),
    tables.column("f", dtype="f8"),
    tables.column("t", elements=some.text(), dtype=object),
    tables.column("m", elements=some.text() | some.none() | some.integers(), dtype=object),
    tables.column("d", dtype="M8[us]"),
]
INDEXES = tables.range_indexes(max_size=5) | tables.indexes(dtype="f8", max_size=5)


@settings(deadline=None, max_examples=50)
@given(
    some.sets(some.sampled_from(range(len(COLUMNS)))).flatmap(
        lambda chosen: tables.data_frames([COLUMNS[n] for n in chosen], index=INDEXES)
    )
)
def test_any_table_comes_back(tmp_path_factory, value):
    store = LocalStore(tmp_path_factory.getbasetemp() / "tables")
    exactly(decode(encode(value, store), store), value)


@pytest.mark.parametrize(
    "make", [lambda: pd.DataFrame({"a": range(500_000), "b": ["x"] * 500_000}), lambda: pd.Series([0.5] * 500_000)]
)
def test_big_tables_come_back_and_may_be_written_to(make, tmp_path):
    store = LocalStore(tmp_path)
    artifact = encode(make(), store)
    back = decode(artifact, store)
    exactly(back, make())
    back.iloc[0] = back.iloc[1]
    exactly(decode(artifact, store), make())


def test_the_layout_in_memory_does_not_change_the_digest(tmp_path):
    store = LocalStore(tmp_path)
    whole = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    piecewise = pd.DataFrame({"a": [1, 2]})
    piecewise["b"] = [3, 4]
    assert encode(whole, store).digest == encode(piecewise, store).digest == encode(whole.copy(), store).digest


def test_other_programs_can_read_the_file(tmp_path):
    store = LocalStore(tmp_path)
    artifact = encode(pd.DataFrame({"a": range(100_000)}), store)
    assert pd.read_parquet(store.get(artifact.digest) / "table.parquet")["a"].sum() == sum(range(100_000))

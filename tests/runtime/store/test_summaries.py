"""A summary is one short line, and never the fault of the value's own code."""

from __future__ import annotations

import dataclasses
from collections import namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from attrs import define
from hypothesis import given
from hypothesis import strategies as some
from penstock.runtime.store.summaries import LONGEST, summarise, type_of


@dataclasses.dataclass
class Config:
    lr: float
    kind: str


@define
class Slotted:
    lr: float


@define(slots=False)
class Dict:
    lr: float


class Hostile:
    def __repr__(self):
        pytest.fail("asked for its repr")

    @property
    def shape(self):
        pytest.fail("asked for its shape")

    __str__ = __len__ = __iter__ = __repr__


class HostileType(dict):
    def items(self):
        raise RuntimeError

    __repr__ = __iter__ = __len__ = items


CASES = [
    (None, "None"),
    (3, "3"),
    (0.25, "0.25"),
    (1 << 5000, "int of 5001 bits"),
    ("some text", "'some text'"),
    ("two\nlines", r"'two\nlines'"),
    ({"rmse": 0.5, "r2": 0.9}, "{'rmse': 0.5, 'r2': 0.9}"),
    (list(range(1000)), "[0, 1, 2, 3, 4, 5, ... 1000 in all]"),
    ({"b", "a"}, "{'a', 'b'}"),
    ([[[[1]]]], "[[list]]"),
    (np.zeros((3, 4)), "ndarray float64 (3, 4)"),
    (pd.DataFrame(np.zeros((150, 5))), "DataFrame 150 x 5"),
    (pd.Series([1, 2], name="age"), "Series age int64 2"),
    (Config(0.1, "svm"), "Config(lr=0.1, kind='svm')"),
    (Slotted(0.1), "Slotted(lr=0.1)"),
    (Dict(0.1), "Dict(lr=0.1)"),
    (namedtuple("Pair", "a b")(1, 2), "Pair(a=1, b=2)"),
    (Hostile(), "Hostile object"),
    (HostileType(), "HostileType object"),
    ([Hostile()], "[Hostile]"),
    (Hostile, "type Hostile"),
    (np.float64(0.5), "float64 0.5"),
]


@pytest.mark.parametrize(("value", "summary"), CASES, ids=[summary[:20] for _, summary in CASES])
def test_a_value_is_described(value, summary):
    assert summarise(value) == summary


@given(
    some.recursive(
        some.text() | some.binary() | some.integers(),
        lambda item: some.lists(item) | some.dictionaries(some.text(), item),
    )
)
def test_every_summary_is_one_short_line(value):
    summary = summarise(value)
    assert len(summary) <= LONGEST
    assert "\n" not in summary


def test_files_and_folders_tell_their_size(tmp_path):
    (tmp_path / "model.pkl").write_bytes(bytes(12_345))
    assert summarise(tmp_path / "model.pkl") == "file model.pkl 12.3 kB"
    assert summarise(tmp_path) == "folder of 1 file, 12.3 kB"
    assert summarise([tmp_path / "model.pkl"]) == "[Path('model.pkl')]"


def test_types_are_named_in_full():
    assert [type_of(value) for value in (1, pd.DataFrame(), Path())] == ["int", "pandas.DataFrame", "pathlib.Path"]

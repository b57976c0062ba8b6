"""Values: which can be written into a graph, and how they come back."""

from __future__ import annotations

import datetime
import enum
import math
import zoneinfo
from collections import OrderedDict
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock import State
from penstock.compilers.errors import GraphFormatError
from penstock.compilers.values import MOST, from_json, is_plain, to_json


class Text(str):
    __slots__ = ()


@given(st.data())
def test_plain_values_come_back_as_they_went_in(plain_values, data):
    value = data.draw(plain_values)
    assert is_plain(value)
    back = from_json(to_json(value))
    assert back == value
    assert type(back) is type(value)


@pytest.mark.parametrize("value", [1, 1.0, True, (1, [True]), {1: "a"}, {"a": (1.0,)}, -0.0])
def test_types_and_signs_are_kept(value):
    assert repr(from_json(to_json(value))) == repr(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, Decimal("NaN"), complex(math.nan, -0.0)])
def test_numbers_that_json_lacks_come_back(value):
    assert repr(from_json(to_json(value))) == repr(value)


def test_a_dict_keeps_its_order():
    assert list(from_json(to_json({"b": 1, "a": 2}))) == ["b", "a"]


def test_a_set_is_written_in_one_order():
    assert to_json({"b", "a", 1}) == {"$set": [1, "a", "b"]}


def test_a_path_is_written_with_forward_slashes():
    assert to_json(Path("data") / "x.csv") == {"$path": "data/x.csv"}


def test_an_enum_member_is_written_by_its_name():
    assert to_json(State.FAILED) == {"$enum": "penstock.runtime.states:State.FAILED"}
    assert from_json(to_json(State.FAILED)) is State.FAILED


@pytest.mark.parametrize(
    "value",
    [
        object(), Text("a"), OrderedDict(a=1), np.float64(1.5), np.arange(3), [1, object()], {"a": {object()}},
        PurePosixPath("a"), PureWindowsPath("a"), int, print, range(3), slice(1),
        datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("UTC")),
        datetime.datetime(2026, 1, 1, fold=1), 10**5000,
    ],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_richer_values_are_not_plain(value):
    assert not is_plain(value)


def test_an_enum_of_a_function_is_not_plain_as_nobody_can_import_it():
    class Local(enum.Enum):
        A = 1

    assert not is_plain(Local.A)


@pytest.mark.parametrize("value", ["a" * (MOST + 1), list(range(MOST)), [["a" * 100] * 100] * 100, b"a" * (MOST + 1)])
def test_big_values_are_not_plain(value):
    assert not is_plain(value)


def test_text_up_to_the_limit_is_plain():
    assert is_plain("a" * MOST)


def test_a_rich_value_cannot_be_written():
    with pytest.raises(TypeError, match="a object is not a plain value"):
        to_json(object())


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({}, "$"), ({"a": 1}, "$"), ({"$tuple": [], "$set": []}, "$"), ({"$nothing": 1}, "$"), ([1, {"$tuple": 5}], "$[1]"),
        ({"$tuple": [{"$set": 1}]}, "$[0]"), ({"$bytes": "%"}, "$"), ({"$bytes": 5}, "$"), ({"$date": "soon"}, "$"),
        ({"$datetime": 5}, "$"), ({"$decimal": "x"}, "$"), ({"$complex": ["a"]}, "$"), ({"$timedelta": "x"}, "$"),
        ({"$float": "x"}, "$"), ({"$path": 5}, "$"), ({"$dict": [1]}, "$"), ({"$dict": [["a", {"$x": 1}]]}, "$['a']"),
        ({"$dict": [[[], 1]]}, "$"), ({"$set": [[1]]}, "$"), ({"$enum": "nowhere:A.B"}, "$"), ({"$enum": "enum:Enum"}, "$"),
        ({"$enum": 5}, "$"), ({"$enum": ""}, "$"),
    ],
    ids=str,
)  # fmt: skip
def test_a_broken_value_is_refused_with_the_path_to_it(data, path):
    with pytest.raises(GraphFormatError) as caught:
        from_json(data)
    assert caught.value.path == path
    assert str(caught.value).startswith(f"at {path}: ")

"""Values from JSON against the schemas of parameters."""

from __future__ import annotations

import datetime
from enum import Enum
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.compilers.graph import Literal as Value
from penstock.compilers.graph import Parameter
from penstock.compilers.schemas import schema_of
from penstock.runtime.errors import ParametersUnfit
from penstock.runtime.fitting import checked, faults, from_text


class Colour(Enum):
    RED = 1
    BLUE = 2


@pytest.mark.parametrize(
    ("hint", "fitting", "others"),
    [
        (int, [0, -5, 5.0, 10**30], [True, "5", 5.5, None, [], {}]),
        (float, [0.5, 5], [True, "5", None]),
        (bool, [True, False], [0, 1, "true", None]),
        (str, ["", "a\0b", "\ud83d"], [1, None, ["a"]]),
        (int | None, [None, 3], ["x", 3.5]),
        (Literal["a", 1], ["a", 1], ["b", True, 1.0]),
        (Colour, ["RED"], [1, "red", None]),
        (list[int], [[], [1, 2]], [[1, "x"], 1, {"a": 1}]),
        (tuple[int, str], [[1, "a"]], [[1], [1, "a", 2], ["a", 1]]),
        (dict[str, float], [{}, {"a": 1}], [{"a": "x"}, []]),
        (Path, ["data/x.csv"], [1, "a\0b"]),
        (datetime.date, ["2026-11-22"], ["22.11.2026", "", 5]),
    ],
)
def test_values_fit_or_not(hint, fitting, others):
    schema = schema_of(hint)
    assert [value for value in fitting if list(faults(value, schema, "x"))] == []
    assert [value for value in others if not list(faults(value, schema, "x"))] == []


PARAMETERS = (
    Parameter("lr", "float", schema_of(float), Value(0.1)),
    Parameter("source", "Path", schema_of(Path)),
    Parameter("kinds", "list[int]", schema_of(list[int]), Value([])),
    Parameter("shape", "int", schema_of(int), Value(1), static=True),
)


def test_numbers_become_what_the_parameter_wants():
    values = checked({"lr": 5, "source": "a.csv", "kinds": [1.0]}, PARAMETERS)
    assert {name: (type(value), value) for name, value in values.items()} == {
        "lr": (float, 5.0), "source": (str, "a.csv"), "kinds": (list, [1]),
    }  # fmt: skip


def test_every_wrong_parameter_is_named():
    with pytest.raises(ParametersUnfit) as caught:
        checked({"lr": "fast", "kinds": [1, "x"], "typo": 1, "shape": 3}, PARAMETERS)
    assert set(caught.value.fields) == {
        "parameters.lr", "parameters.kinds[1]", "parameters.typo", "parameters.shape", "parameters.source",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("5", int, 5), ("5", float, 5), ("5", str, "5"), ("true", bool, True), ("False", bool, False), ("", str, ""),
        ("null", int | None, None), ("7", int | None, 7), ("7", str | None, "7"), ("[1, 2]", list[int], [1, 2]),
        ('{"a": 1}', dict[str, int], {"a": 1}), ("RED", Colour, "RED"), ("2026-11-22", datetime.date, "2026-11-22"),
        ("x", int, "x"), ("NaN", float, "NaN"), ("1e400", int, "1e400"),
    ],
)  # fmt: skip
def test_texts_of_old_callers_are_read_by_the_type(text, hint, value):
    found = from_text(text, schema_of(hint))
    assert (type(found), found) == (type(value), value)


@given(st.recursive(st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(), st.lists))
def test_any_value_is_judged_without_an_accident(value):
    for hint in (int, float, str, list[int], int | None, tuple[int, ...], dict[str, list[float]], Path):
        assert all(isinstance(problem, str) for _, problem in faults(value, schema_of(hint), "x"))

"""JSON is used exactly where it gives back the same value."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from enum import IntEnum

import pytest
from hypothesis import given
from hypothesis import strategies as some
from penstock.runtime.store.codecs.plain import CODEC
from penstock.runtime.store.codecs.text import BYTES, TEXT

SCALARS = some.none() | some.booleans() | some.integers() | some.floats() | some.text(some.characters())
VALUES = some.recursive(
    SCALARS | some.tuples(some.integers()),
    lambda item: some.lists(item) | some.dictionaries(some.text(some.characters()) | some.integers(), item),
    max_leaves=20,
)


class Level(IntEnum):
    LOW = 1


class Name(str):
    __slots__ = ()


def there_and_back(codec, value):
    return codec.unpack({name: memoryview(b"".join(chunks)) for name, chunks in codec.pack(value).items()})


def shape(value):
    """Everything that equality overlooks: types, the sign of zero, the order of keys, bits of NaN."""
    return pickle.dumps(value, protocol=2) if isinstance(value, float) else repr((type(value), value))


@given(VALUES)
def test_what_matches_comes_back_exactly(value):
    if CODEC.matches(value):
        assert shape(there_and_back(CODEC, value)) == shape(value)


@given(
    some.recursive(some.integers() | some.text(), lambda item: some.lists(item) | some.dictionaries(some.text(), item))
)
def test_plain_data_matches(value):
    assert CODEC.matches(value)


SHARED = [1]
LOOP: list[object] = []
LOOP.append(LOOP)
DEEP: list[object] = []
for _ in range(2000):
    DEEP = [DEEP]

REFUSED = [
    float("nan"), float("inf"), [1.0, float("-inf")], 10**5000, [10**5000], (1,), [(1,)], {1: 2}, {"a": {None: 1}}, {"a"},
    b"x", OrderedDict(a=1), Level.LOW, [Level.LOW], Name("x"), {Name("x"): 1}, "\ud83d\ude00", ["\ud800"], {"\udc00": 1},
    [SHARED, SHARED], [SHARED, [SHARED]], LOOP, DEEP, 1j, object(),
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED, ids=range(len(REFUSED)))
def test_what_json_would_change_does_not_match(value):
    assert not CODEC.matches(value)


@pytest.mark.parametrize(
    "value", [-0.0, 1e308, 5e-324, 2**300, -(2**70), True, None, {}, [], [[], [], {}], {"b": 1, "a": 2}]
)
def test_corner_cases_match_and_come_back(value):
    assert CODEC.matches(value)
    assert repr(there_and_back(CODEC, value)) == repr(value)


@given(some.text(some.characters(codec="utf-8")))
def test_text_comes_back_to_the_last_line_ending(value):
    assert TEXT.matches(value)
    assert there_and_back(TEXT, value) == value


@given(some.binary())
def test_bytes_come_back(value):
    assert BYTES.matches(value)
    assert there_and_back(BYTES, value) == value


@pytest.mark.parametrize("value", ["\ud800", Name("x"), bytearray(b"x"), 1])
def test_text_and_bytes_are_exact_types(value):
    assert not TEXT.matches(value)
    assert not BYTES.matches(value)

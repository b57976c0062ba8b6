"""Compatibility: which values and types fit which types."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any, Literal, NamedTuple, NewType, NotRequired, Optional, Protocol, TypedDict, TypeVar, Union

import numpy as np
import pytest

from penstock.compilers.compatibility import coerce, fits, is_compatible

Metres = NewType("Metres", float)
T = TypeVar("T")


class Pair(NamedTuple):
    left: int
    right: str


class Scores(TypedDict):
    rmse: float
    note: NotRequired[str]


class More(TypedDict):
    rmse: float
    mae: float


class Wrong(TypedDict):
    rmse: str


class Reads(Protocol):
    def read(self) -> str: ...


class Animal: ...


class Dog(Animal): ...


@pytest.mark.parametrize(
    ("given", "expected", "answer"),
    [
        (int, int, True), (int, str, False), (bool, int, True), (int, float, True), (bool, float, True), (float, int, False),
        (Dog, Animal, True), (Animal, Dog, False), (Any, int, True), (int, Any, True), (int, object, True), (T, int, True),
        (type(None), None, True), (None, int, False), (int, Optional[int], True), (Optional[int], int, False),
        (int, int | str, True), (int | str, str, False), (int | str, Union[str, int, None], True), (int, float | None, True),
        (Literal["a"], str, True), (Literal["a"], Literal["a", "b"], True), (str, Literal["a"], False), (Literal[1], str, False),
        (list[int], list[int], True), (list[int], list[str], False), (list[int], list, True), (list, list[int], True),
        (list[Any], list[int], True), (list[int], Sequence[int], True), (list[int], Sequence[float], True),
        (list[int], list[float], True), (list[int], Iterable[str], False), (list[str], str, False), (list[int], dict, False),
        (tuple[int, str], tuple[int, str], True), (tuple[int, str], tuple[int, int], False), (tuple[int, int], tuple[int, ...], True),
        (tuple[int, ...], tuple[int, int], False), (tuple, tuple[int, int], True), (Pair, tuple, True), (Pair, Pair, True),
        (dict[str, int], Mapping[str, float], True), (dict[str, int], dict[int, int], False), (dict, Mapping[str, int], True),
        (Metres, float, True), (int, Metres, True), (str, Metres, False), (Path, PurePath, True), (str, Path, False),
        (Scores, Scores, True), (Scores, dict, True), (Scores, Mapping[str, Any], True), (dict, Scores, True), (list, Scores, False),
        (More, Scores, True), (Wrong, Scores, False), (Scores, More, False), (Scores, list, False),
        (io.StringIO, Reads, True), (Callable[[int], str], Callable[..., Any], True), ("Forward", int, True), (int, 5, True),
        (np.ndarray, np.ndarray, True), (np.ndarray, list, False),
    ],
    ids=str,
)  # fmt: skip
def test_a_type_may_be_passed_where_another_is_asked_for(given, expected, answer):
    assert is_compatible(given, expected) is answer


@pytest.mark.parametrize(
    ("value", "hint", "answer"),
    [
        (1, int, True), ("1", int, False), (True, int, True), (None, None, True), (None, int, False), (1, Any, True),
        (1, int | None, True), ("1", int | None, False), ("a", Literal["a", "b"], True), ("c", Literal["a", "b"], False),
        ([1, 2], list[int], True), ([*range(1000), "x"], list[int], False), ((1, "a"), tuple[int, str], True),
        ((1,), tuple[int, str], False), ((1, 2, 3), tuple[int, ...], True), ((1, 2, "x"), tuple[int, ...], False),
        ((), tuple[()], True), ({"a": 1}, dict[str, int], True), ({"a": 1, "b": "x"}, dict[str, int], False),
        ({"a": [1, "x"]}, dict[str, list[int]], False), ({"a"}, set[int], False), ([1.5], Sequence[float], True),
        ([1], tuple[int, ...], False), ("abc", Sequence[str], True), (1.5, Metres, True),
        ({"rmse": 1.5}, Scores, True), ({"rmse": 1.5, "note": "x"}, Scores, True), ({}, Scores, False),
        ({"rmse": "x"}, Scores, False), ({"rmse": 1.5, "more": 1}, Scores, False), ([], Scores, False),
        (Pair(1, "a"), Pair, True), (np.float64(1.5), float, True), (np.int64(1), int, False), (len, Callable[..., int], True),
        (1, Callable[..., int], False), (1, T, True), (1, 5, True), (1, "Forward", True),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_fits_a_type(value, hint, answer):
    assert fits(value, hint) is answer


@pytest.mark.parametrize(
    ("value", "hint", "expected"),
    [
        (5, float, 5.0), (True, float, 1.0), (5, int, 5), ("5", float, "5"), (5, float | None, 5.0), (None, float | None, None),
        (5, int | float, 5), ([1, 2], list[float], [1.0, 2.0]), ([1], Sequence[float], [1.0]), ((1, 2), tuple[float, int], (1.0, 2)),
        ((1, 2), tuple[float, ...], (1.0, 2.0)), ((1,), tuple[float, int], (1,)), ({1}, set[float], {1.0}),
        ({"a": 1}, dict[str, float], {"a": 1.0}), ({"a": [1]}, Mapping[str, Iterable[float]], {"a": [1.0]}), ((), tuple[()], ()),
        (10**400, float, 10**400), ([1], list[float] | None, [1.0]), ([1], list, [1]), (5, Any, 5),
    ],
    ids=str,
)  # fmt: skip
def test_an_int_becomes_a_float_where_one_is_asked_for(value, hint, expected):
    assert repr(coerce(value, hint)) == repr(expected)


@pytest.mark.parametrize(("value", "hint"), [([1.5], list[float]), ({"a": "b"}, dict[str, str]), ((1,), tuple[int])])
def test_what_does_not_change_stays_the_same_object(value, hint):
    assert coerce(value, hint) is value

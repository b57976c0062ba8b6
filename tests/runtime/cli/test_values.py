from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.cli.values import Unreadable, choices_of, read, read_all, repeated


class Colour(Enum):
    RED = "r"
    BLUE = "b"


@pytest.mark.parametrize(
    ("text", "hint", "value"),
    [
        ("3", int, 3), ("-1.5e3", float, -1500.0), ("3", str, "3"), ("yes", bool, True), ("Off", bool, False), ("1.10", Decimal, Decimal("1.10")),
        ("red", Colour, Colour.RED), ("BLUE", Colour, Colour.BLUE), ("b", Colour, Colour.BLUE), ("2", Literal[1, 2], 2),
        ("a/b", Path, Path("a/b")), ("2026-11-22", datetime.date, datetime.date(2026, 11, 22)),
        ("90", datetime.timedelta, datetime.timedelta(seconds=90)), ("none", int | None, None), ("3", Optional[int], 3),
        ("x", int | str, "x"), ("3", int | str, 3), ("3", Annotated[int, "pos"], 3), ("3", NewType("Count", int), 3),
        ('{"a": 1}', dict[str, int], {"a": 1}), ('{"a": "x/y"}', dict[str, Path], {"a": Path("x/y")}), ("[1, 2]", tuple[int, int], (1, 2)),
        ("text", Any, "text"), ("[1]", Any, [1]), ("[1]", object, [1]),
    ],
)  # fmt: skip
def test_text_is_read_by_type(text: str, hint: Any, value: object) -> None:
    found = read(text, hint)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "hint", "problem"),
    [
        ("3.5", int, "'3.5' is not a whole number"), ("x", float, "not a number"), ("maybe", bool, "not true or false"),
        ("green", Colour, "none of RED, BLUE"), ("3", Literal["a"], "none of a"), ("22.11.2026", datetime.date, "a date such as 2026-11-22"),
        ("{", dict[str, int], "is not JSON"), ("x", int | None, "not a whole number"), ("[[1]]", set[Any], "a set cannot hold"),
    ],
)  # fmt: skip
def test_text_of_another_type_is_refused(text: str, hint: Any, problem: str) -> None:
    with pytest.raises(Unreadable, match=problem):
        read(text, hint)


@pytest.mark.parametrize("hint", [list[int], Sequence[int], list[int] | None])
def test_a_list_is_given_by_repetition_or_as_json(hint: Any) -> None:
    assert read_all(("1", "2"), hint) == [1, 2] == read_all(("[1, 2]",), hint)


def test_tuples_and_sets_stay_what_they_are() -> None:
    assert read_all(("1", "2"), tuple[int, ...]) == (1, 2)
    assert read_all(("a", "a"), set[str]) == {"a"}
    assert read_all(('["a/b"]',), list[Path]) == [Path("a/b")]


def test_only_collections_of_any_length_may_be_repeated() -> None:
    assert repeated(tuple[int, str]) is None
    assert repeated(dict[str, int]) is None
    assert repeated(list) is not None


def test_the_home_folder_is_written_out() -> None:
    assert read("~/data", Path) == Path.home() / "data"


def test_choices_are_what_may_be_typed() -> None:
    assert choices_of(Colour | None) == {"RED": Colour.RED, "BLUE": Colour.BLUE}
    assert choices_of(int) == {}


@given(st.dictionaries(st.text(), st.lists(st.integers() | st.text() | st.none())))
def test_json_comes_back_as_it_was(value: dict[str, list[object]]) -> None:
    assert read(json.dumps(value), dict[str, list[Any]]) == value


@given(
    st.text(),
    st.sampled_from([int, float, bool, Colour, dict[str, int], list[Path], datetime.date, int | None, Decimal]),
)
def test_no_text_gives_any_other_error(text: str, hint: Any) -> None:
    try:
        read(text, hint)
    except Unreadable as error:
        assert str(error)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime import amounts


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 ms"), (0.0123, "12 ms"), (0.0994, "99 ms"), (0.0996, "0.1 s"), (3.44, "3.4 s"), (59.94, "59.9 s"), (59.96, "1m 00s"),
     (125, "2m 05s"), (3599.6, "1h 00m"), (3720, "1h 02m"), (86_400 * 3 + 4 * 3600, "3d 04h"), (-0.01, "0 ms")],
)  # fmt: skip
def test_a_duration_has_at_most_two_units(seconds: float, text: str) -> None:
    assert amounts.duration(seconds) == text


@given(st.floats(0, 1e7), st.floats(0, 1e7))
def test_a_duration_never_takes_more_than_eight_characters(first: float, second: float) -> None:
    assert len(amounts.duration(max(first, second))) <= 8


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.912345, "0.9123"),
        (1e-7, "1e-07"),
        (123456789.0, "123456789"),
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
    ],
)
def test_a_number_has_four_significant_digits(value: float, text: str) -> None:
    assert amounts.number(value) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (4200, "4.1 KiB"), (2 * 1024**3, "2.0 GiB"), (5 * 1024**5, "5120.0 TiB")],
)
def test_a_size_is_written_in_the_largest_unit_that_fits(count: int, text: str) -> None:
    assert amounts.size(count) == text


def test_one_thing_is_singular() -> None:
    assert [amounts.counted(count, "step") for count in (0, 1, 2)] == ["0 steps", "1 step", "2 steps"]

"""The moments that people type."""

from __future__ import annotations

import datetime
import time

import click
import pytest
from penstock.runtime.cli.moments import read_moment

OPTION = click.Option(["--since"])
CONTEXT = click.Context(click.Command("logs"))


def read(text: str | None) -> float | None:
    return read_moment(CONTEXT, OPTION, text)


@pytest.mark.parametrize(("text", "seconds"), [("10s", 10), ("1.5m", 90), ("2h", 7200), ("1 d", 86_400)])
def test_a_span_is_before_now(text, seconds):
    assert read(text) == pytest.approx(time.time() - seconds, abs=5)


def test_a_time_is_of_this_day_and_a_date_of_its_own():
    today = datetime.date.today()
    assert read("00:05") == datetime.datetime.combine(today, datetime.time(0, 5)).timestamp()
    assert read("9:05") == read("09:05:00")
    assert read("2026-11-22T21:50:01") == datetime.datetime(2026, 11, 22, 21, 50, 1).timestamp()
    assert read("2026-11-22") == datetime.datetime(2026, 11, 22).timestamp()


def test_no_moment_is_none():
    assert read(None) is None


@pytest.mark.parametrize("text", ["", "soon", "10", "10y", "25:00", "2026-13-01"])
def test_anything_else_is_refused_with_what_was_expected(text):
    with pytest.raises(click.BadParameter, match="expected 10m, 2h, 21:50"):
        read(text)

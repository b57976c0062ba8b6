"""Which frames are left of a traceback that comes through ours."""

from __future__ import annotations

import json
import traceback

import pytest
from penstock.runtime.frames import ours_hidden
from penstock.runtime.invocation import call


def users() -> None:
    json.loads("{")


def functions_left(function: object, *hidden: type[Exception]) -> list[str]:
    """Return the names of the functions that are left below the caller's when ours calls a function that fails."""
    with pytest.raises((TypeError, ValueError)) as raised, ours_hidden(*hidden):
        call(function, {})
    return [frame.name for frame in traceback.extract_tb(raised.value.__traceback__)][1:]


def test_what_comes_below_the_last_of_the_users_frames_is_cut_off():
    assert functions_left(users, ValueError) == ["call", "users"]


def test_where_no_frame_below_is_the_users_the_callers_is_the_last():
    assert functions_left(None, TypeError) == []


def test_the_traceback_of_another_exception_is_left_as_it_is():
    assert functions_left(users, TypeError)[-1] == "raw_decode"

"""Which frames of a traceback are shown."""

from __future__ import annotations

import json
import os

from penstock.runtime.invocation import call
from penstock.runtime.tracebacks import user_frames


def users() -> None:
    raise ValueError("mine")


def parses() -> None:
    json.loads("{")


def wraps() -> None:
    try:
        users()
    except ValueError as error:
        raise RuntimeError("outer") from error


def groups() -> None:
    try:
        call(users, {})
    except ValueError as error:
        raise ExceptionGroup("several", [error])  # noqa: B904


def circles() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__context__, second.__context__ = second, first
    raise first


def recurses() -> None:
    recurses()


def frames(function) -> str:
    try:
        call(function, {})
    except Exception as error:
        return user_frames(error)
    raise AssertionError("it did not fail")


def test_our_own_frames_are_left_out():
    text = frames(users)
    assert "invocation.py" not in text and "in users" in text and text.endswith("ValueError: mine\n")


def test_of_a_library_only_the_last_frame_is_kept():
    text = frames(parses)
    assert text.count(f"{os.sep}json{os.sep}") == 1 and "in parses" in text and "in raw_decode" in text


def test_the_cause_is_told_first():
    text = frames(wraps)
    assert text.index("ValueError: mine") < text.index("direct cause") < text.index("RuntimeError: outer")


def test_our_frames_are_left_out_of_groups_too():
    text = frames(groups)
    assert "several" in text and "ValueError: mine" in text and "invocation.py" not in text


def test_exceptions_that_are_each_others_context_end():
    assert "ValueError: first" in frames(circles)


def test_an_endless_recursion_is_told_in_short():
    assert len(frames(recurses).splitlines()) < 40

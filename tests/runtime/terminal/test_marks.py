from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.states import State
from penstock.runtime.terminal.marks import ASCII, UNICODE, marks_for, showable


def test_an_ascii_stream_gets_ascii_marks(ascii_stream: io.TextIOWrapper) -> None:
    assert marks_for(ascii_stream) is ASCII


def test_a_unicode_stream_and_one_in_memory_get_unicode_marks() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    assert marks_for(stream) is UNICODE
    assert marks_for(io.StringIO()) is UNICODE


def test_a_stream_of_an_unknown_encoding_gets_ascii_marks() -> None:
    class Odd(io.StringIO):
        encoding = "klingon"

    assert marks_for(Odd()) is ASCII


def test_every_state_has_a_mark_of_its_own() -> None:
    for marks in (UNICODE, ASCII):
        assert set(marks.states) == set(State)
        assert len(set(marks.states.values())) == len(State)


def test_ascii_marks_are_ascii_and_complete() -> None:
    text = "".join(
        (*ASCII.states.values(), ASCII.spinner, *ASCII.bar, *ASCII.rails.values(), ASCII.ellipsis, ASCII.times)
    )
    assert text.isascii()
    assert ASCII.rails.keys() == UNICODE.rails.keys()


@given(st.text())
def test_what_is_shown_neither_moves_the_cursor_nor_breaks_the_line(text: str) -> None:
    for encoding in ("utf-8", "ascii", "latin-1"):
        shown = showable(text, encoding)
        shown.encode(encoding)
        assert shown.isprintable() or shown == ""


def test_a_control_sequence_loses_its_escape() -> None:
    assert showable("\x1b[2Jgone\n") == " [2Jgone "

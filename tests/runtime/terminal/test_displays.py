from __future__ import annotations

import io
import os
import pty
import threading
import time
from collections.abc import Sequence

import pytest

from penstock.runtime.events import Event
from penstock.runtime.terminal import display
from penstock.runtime.terminal.displays import Silent, is_live


def read_terminal(events: Sequence[Event], **environment: str) -> str:
    """Show events on a terminal of 100 x 30 and return what arrives there."""
    master, slave = pty.openpty()
    with open(slave, "w", encoding="utf-8", closefd=False) as stream, pytest.MonkeyPatch.context() as patch:
        for name, value in {"TERM": "xterm", "COLUMNS": "100", "LINES": "30", **environment}.items():
            patch.setenv(name, value)
        shown = display("auto", stream)
        for event in events:
            shown(event)
        shown.close()
    os.close(slave)
    return _drained(master)


def _drained(master: int) -> str:
    parts = []
    try:
        while data := os.read(master, 65536):
            parts.append(data)
    except OSError:  # the other end is closed
        pass
    os.close(master)
    return b"".join(parts).decode()


def test_a_terminal_gets_the_tree_in_colour(events: Sequence[Event]) -> None:
    text = read_terminal(events)
    assert "\x1b[32m✓" in text
    assert "✗ compare" in text.replace("\x1b[0m\x1b[1m", "").replace("\x1b[31m", "")


def test_no_color_is_honoured(events: Sequence[Event]) -> None:
    text = read_terminal(events, NO_COLOR="1")
    assert "\x1b[31m" not in text and "\x1b[32m" not in text
    assert "compare" in text


def test_the_cursor_comes_back(events: Sequence[Event]) -> None:
    text = read_terminal(events[:6])
    assert text.rfind("\x1b[?25h") >= text.rfind("\x1b[?25l")


def test_a_dumb_terminal_gets_lines(events: Sequence[Event]) -> None:
    text = read_terminal(events, TERM="dumb")
    assert "\x1b" not in text
    assert "load  reused from" in text


def test_a_stream_that_is_no_terminal_gets_lines(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    shown = display("auto", stream)
    for event in events:
        shown(event)
    shown.close()
    assert "load  reused from" in stream.getvalue()


def test_nothing_is_shown_where_nothing_is_wanted(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    shown = display("none", stream)
    shown(events[0])
    shown.close()
    assert isinstance(shown, Silent) and stream.getvalue() == ""


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 'auto', 'tree', 'lines' or 'none'"):
        display("loud")  # type: ignore[arg-type]


def test_a_closed_stream_is_not_live_and_stops_nothing(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    shown = display("lines", stream)
    stream.close()
    for event in events:
        shown(event)
    shown.close()
    assert not is_live(stream)


def test_closing_twice_or_before_anything_happened_is_fine() -> None:
    shown = display("lines", io.StringIO())
    shown.close()
    shown.close()


def test_a_run_does_not_wait_for_a_slow_terminal(events: Sequence[Event]) -> None:
    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            time.sleep(0.02)
            return super().write(text)

    shown = display("lines", Slow())
    started = time.perf_counter()
    for event in events:
        shown(event)
    assert time.perf_counter() - started < 0.02
    shown.close()


def test_no_thread_is_left(events: Sequence[Event]) -> None:
    shown = display("lines", io.StringIO())
    for event in events:
        shown(event)
    shown.close()
    assert "penstock-display" not in {thread.name for thread in threading.enumerate()}

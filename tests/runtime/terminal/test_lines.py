from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Sequence

from penstock.runtime.events import Event, RunStarted, StepStarted
from penstock.runtime.terminal.lines import FIRST_NEWS, Lines


def written(events: Sequence[Event]) -> list[str]:
    stream = io.StringIO()
    view = Lines(stream)
    for event in events:
        view.take(event)
    view.finish(200.0)
    return stream.getvalue().splitlines()


def test_every_step_that_ends_has_a_line_with_the_time(events: Sequence[Event]) -> None:
    lines = written(events)
    assert all(re.match(r"\d\d:\d\d:\d\d  ", line) for line in lines[:9])
    assert [line[10:] for line in lines[:3]] == [
        "run 20261122-204338-x7qd of compare started: 7 steps, experiment nightly",
        "load  reused from 20261121-101010-ab2d",
        "prepare/clean  completed in 1.0 s",
    ]


def test_retries_failures_and_skipped_steps_are_told(events: Sequence[Event]) -> None:
    text = "\n".join(written(events))
    assert "train (kind='k0')  attempt 1 failed, the next follows in 0.5 s: ValueError: too fast\n" in text
    assert "train (kind='k0')  completed in 1.5 s at attempt 2, loss 0.25\n" in text
    assert "train-2 (kind='k1')  failed after 2.0 s: ValueError: too fast\n" in text
    assert "report  skipped: train-2 failed\n" in text


def test_the_end_is_the_summary(events: Sequence[Event]) -> None:
    assert written(events)[-2].startswith("✗ compare failed in 10.0 s: 4 completed, 1 reused")


def test_a_step_that_takes_long_is_mentioned_ever_more_rarely(events: Sequence[Event]) -> None:
    stream = io.StringIO()
    view = Lines(stream)
    for event in events[:4]:
        view.take(event)
    view.take(StepStarted("train", 1000.0))
    before = len(stream.getvalue().splitlines())
    for second in range(0, 100):
        view.draw(1000.0 + second)
    told = stream.getvalue().splitlines()[before:]
    assert [line.split("running for ")[1].split(",")[0] for line in told] == [
        "5.0 s",
        "10.0 s",
        "20.0 s",
        "40.0 s",
        "1m 20s",
    ]
    assert FIRST_NEWS == 5.0


def test_an_ascii_stream_gets_ascii_lines(events: Sequence[Event], ascii_stream: io.TextIOWrapper) -> None:
    view = Lines(ascii_stream)
    for event in events:
        view.take(event)
    view.finish(200.0)
    assert b"x compare failed" in ascii_stream.buffer.getvalue()  # type: ignore[attr-defined]  # it is in memory


def test_a_run_without_end_writes_no_summary(events: Sequence[Event]) -> None:
    assert isinstance(events[0], RunStarted)
    assert len(written(events[:1])) == 1


def test_lines_need_no_rich() -> None:
    code = "import sys, penstock.runtime.terminal as t; t.display('lines'); sys.exit('rich' in sys.modules or 'click' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

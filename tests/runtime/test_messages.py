"""What the loop of a run is told."""

from __future__ import annotations

import signal
import threading
import time

import pytest
from penstock.runtime.messages import BrokenOff, Cancel, Ended, Messages, Woken


def test_messages_come_in_their_order_and_then_none():
    messages = Messages()
    for name in "ab":
        messages.put(Ended(name, None, 0))
    assert [messages.take(), messages.take(60), messages.take(), messages.take(0.001)] == [
        Ended("a", None, 0),
        Ended("b", None, 0),
        None,
        None,
    ]


def test_who_waits_hears_what_another_thread_tells():
    messages = Messages()
    messages.put(Cancel("first"))
    messages.take()
    threading.Timer(0.05, messages.put, [Cancel("second")]).start()
    assert messages.take(None) == Cancel("second")


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no timers here")
def test_signals_do_not_make_a_wait_endless():
    before = signal.signal(signal.SIGALRM, lambda *_: sum(range(300)))
    signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
    try:
        assert [Messages().take(0.002) for _ in range(100)] == [None] * 100
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_wishes_that_a_run_may_end_are_not_among_what_is_left():
    messages = Messages()
    for told in (Cancel("enough"), Ended("a", None, 0), BrokenOff(SystemExit()), Woken()):
        messages.put(told)
    assert list(messages.left()) == [Ended("a", None, 0)]


def test_a_moment_is_over_after_a_silence_and_when_there_is_none():
    messages = Messages()
    over = threading.Event()
    talking = threading.Thread(
        target=lambda: [messages.put(Ended("a", None, 0)) for _ in iter(lambda: over.wait(0.001), True)]
    )
    talking.start()
    began = time.monotonic()
    assert len(list(messages.in_a_moment())) > 1
    over.set()
    talking.join()
    assert time.monotonic() - began < 10

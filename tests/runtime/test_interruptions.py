"""SIGTERM while a run goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import threading

import pytest
from penstock.runtime import interruptions
from penstock.runtime.interruptions import Terminated, as_a_whole, stopped_by_sigterm


@pytest.fixture(autouse=True)
def handler():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def test_the_handling_is_as_before_afterwards():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with stopped_by_sigterm():
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_sigterm_raises_once_also_while_the_process_is_ending():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with pytest.raises(Terminated) as ended, stopped_by_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
    os.kill(os.getpid(), signal.SIGTERM)
    assert ended.value.code == 128 + signal.SIGTERM


def test_a_process_that_went_on_after_sigterm_hears_it_again(monkeypatch):
    monkeypatch.setattr(interruptions, "PATIENCE", 0.0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for _ in range(2):
        with pytest.raises(Terminated), stopped_by_sigterm():
            os.kill(os.getpid(), signal.SIGTERM)
    monkeypatch.setattr(os, "kill", lambda *sent: sent_again.append(sent))
    sent_again: list[tuple[int, int]] = []
    with contextlib.suppress(Terminated):
        signal.raise_signal(signal.SIGTERM)
    assert sent_again == [(os.getpid(), signal.SIGTERM)] and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there are no terminals to close here")
def test_a_closed_terminal_stops_a_run_unless_nohup_says_otherwise():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with stopped_by_sigterm():
        os.kill(os.getpid(), signal.SIGHUP)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    with pytest.raises(Terminated, match=str(128 + signal.SIGHUP)) as ended, stopped_by_sigterm():
        os.kill(os.getpid(), signal.SIGHUP)
    signal.signal(signal.SIGHUP, before)
    assert repr(ended.value) == "SIGHUP, the end of its terminal"


def test_a_program_that_handles_sigterm_itself_keeps_its_handler():
    heard: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    with stopped_by_sigterm():
        os.kill(os.getpid(), signal.SIGTERM)
    assert heard == [signal.SIGTERM]


def test_another_thread_leaves_signals_alone():
    def enter() -> None:
        with stopped_by_sigterm():
            seen.append(signal.getsignal(signal.SIGTERM))

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    seen: list[object] = []
    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [signal.SIG_DFL]


@pytest.fixture
def ctrl_c():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: os.kill(os.getpid(), signal.SIGINT)
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_while_a_run_is_being_stopped_is_not_heard_again(ctrl_c):
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with pytest.raises(KeyboardInterrupt), stopped_by_sigterm():
        try:
            ctrl_c()
        finally:
            ctrl_c()
            os.kill(os.getpid(), signal.SIGTERM)
            stopped = True
    assert stopped and signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_that_a_step_has_caught_is_heard_again_later(ctrl_c, monkeypatch):
    monkeypatch.setattr(interruptions, "PATIENCE", 0.0)
    with pytest.raises(KeyboardInterrupt), stopped_by_sigterm():
        with contextlib.suppress(KeyboardInterrupt):
            ctrl_c()
        ctrl_c()


def test_after_sigterm_nothing_is_heard(ctrl_c, monkeypatch):
    monkeypatch.setattr(interruptions, "PATIENCE", 0.0)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with pytest.raises(Terminated), stopped_by_sigterm():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            ctrl_c()


def test_ctrl_c_waits_until_that_is_done_which_is_done_as_a_whole(ctrl_c):
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), stopped_by_sigterm():
        with as_a_whole(lambda: done.append("woken")):
            ctrl_c()
            done.append("done")
        done.append("never")
    assert done == ["woken", "done"]


def test_ctrl_c_breaks_off_what_is_done_as_a_whole_when_that_takes_long(ctrl_c):
    with pytest.raises(KeyboardInterrupt), stopped_by_sigterm(), as_a_whole(lambda: None):
        ctrl_c()
        threading.Event().wait(60)
        raise AssertionError("Ctrl-C was not heard")


def test_in_another_thread_nothing_is_done_as_a_whole(ctrl_c):
    inside, over = threading.Event(), threading.Event()

    def hold() -> None:
        with as_a_whole(lambda: None):
            inside.set()
            over.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(60)
    with pytest.raises(KeyboardInterrupt), stopped_by_sigterm():
        ctrl_c()
    over.set()
    thread.join()

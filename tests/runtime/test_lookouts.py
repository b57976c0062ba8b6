"""Looking on while something goes on."""

from __future__ import annotations

import threading

from penstock.runtime import lookouts
from penstock.runtime.lookouts import Lookout


def test_it_looks_while_something_goes_on_and_not_before(monkeypatch):
    monkeypatch.setattr(lookouts, "_PAUSE", 0.001)
    looked = threading.Semaphore(0)
    lookout = Lookout(looked.release, "looks on")
    lookout.start()
    lookout.start()
    assert [thread.name for thread in threading.enumerate()].count("looks on") == 1
    assert not looked.acquire(timeout=0.05)
    lookout.begin()
    assert looked.acquire(timeout=10) and looked.acquire(timeout=10)
    lookout.end()


def test_it_looks_again_at_what_begins_after_it_has_seen_nothing_go_on(monkeypatch):
    monkeypatch.setattr(lookouts, "_PAUSE", 0.001)
    looked = threading.Semaphore(0)
    lookout = Lookout(looked.release, "looks again")
    lookout.start()
    for _ in range(50):
        lookout.begin()
        assert looked.acquire(timeout=10)
        lookout.end()
        while looked.acquire(timeout=0.005):
            pass

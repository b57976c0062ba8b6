"""Many at once, and all of them stopped when one fails."""

from __future__ import annotations

import threading
import time

import pytest

from penstock.runtime.datastores.locks import locked
from penstock.runtime.datastores.parallel import Stop, at_once


def test_results_come_in_order():
    assert at_once(lambda n: n * n, range(50)) == [n * n for n in range(50)]
    assert at_once(str, []) == []


def test_some_are_under_way_at_the_same_time():
    meeting = threading.Barrier(4, timeout=10)
    at_once(lambda _: meeting.wait(), range(4))


def test_the_first_failure_stops_the_others_and_is_raised():
    stop, begun = Stop(), []
    advance = stop.checked(lambda _: None)

    def act(number):
        begun.append(number)
        if number == 3:
            raise ValueError("three")
        while True:
            advance(1)
            time.sleep(0.001)

    with pytest.raises(ValueError, match="three"):
        at_once(act, range(100), stop)
    assert len(begun) < 20


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    inside, most = [], []

    def act(_):
        with locked(tmp_path / "deep" / "lock") as held:
            inside.append(1)
            most.append((len(inside), held))
            time.sleep(0.002)
            inside.pop()

    at_once(act, range(12))
    assert set(most) == {(1, True)}

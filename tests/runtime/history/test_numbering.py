"""Numbers grow, whoever takes them, and none is given twice."""

from __future__ import annotations

import pytest

from penstock.runtime.history import HistoryBusy, connect
from penstock.runtime.history.numbering import take


def test_numbers_grow_and_none_is_given_twice(opened):
    assert [take(opened, count) for count in (1, 3, 0, 1)] == [1, 2, 5, 5]


def test_a_transaction_that_fails_gives_its_numbers_back(opened):
    with pytest.raises(KeyError), opened.transaction():
        take(opened, 5)
        raise KeyError
    assert take(opened, 1) == 1


def test_who_takes_numbers_holds_off_others_for_as_long_as_they_wait(opened, location):
    other = connect(location)
    other.wait_at_most(0.01)
    with opened.transaction():
        take(opened, 0)
        with pytest.raises(HistoryBusy), other.transaction():
            take(other, 1)
    assert take(other, 1) == 1
    other.close()

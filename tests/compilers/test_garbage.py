"""The collector is held back for a while, and then is as it was."""

from __future__ import annotations

import gc

import pytest

from penstock.compilers.garbage import collection_held_back, collection_seldom


@pytest.fixture(autouse=True)
def collector_as_before():
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    (gc.enable if enabled else gc.disable)()


@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_the_collector_is_as_before_also_after_an_error(switch):
    switch()
    before = gc.isenabled()
    with pytest.raises(ValueError), collection_held_back():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled() is before


def test_the_collector_looks_seldom_and_then_as_before_also_after_an_error():
    before = gc.get_threshold()
    with pytest.raises(ValueError), collection_seldom():
        assert gc.get_threshold() == (100_000, *before[1:]) and gc.isenabled()
        raise ValueError
    assert gc.get_threshold() == before


@pytest.mark.parametrize("first", [0, 1_000_000])
def test_a_collector_that_looks_more_seldom_or_never_is_left_alone(first):
    gc.set_threshold(first, 5, 5)
    with collection_seldom():
        assert gc.get_threshold() == (first, 5, 5)
    assert gc.get_threshold() == (first, 5, 5)


def test_what_was_made_meanwhile_is_not_looked_through_at_once_and_nothing_stays_frozen():
    gc.enable()
    with collection_held_back():
        made = [[number] for number in range(5000)]
    assert len(made) == 5000 and gc.get_count()[0] < 5000
    assert gc.get_freeze_count() == 0

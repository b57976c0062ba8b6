"""The collector is held back for a while, and then is as it was."""

from __future__ import annotations

import gc

import pytest

from penstock.compilers.garbage import collection_held_back


@pytest.fixture(autouse=True)
def collector_as_before():
    enabled = gc.isenabled()
    yield
    (gc.enable if enabled else gc.disable)()


@pytest.mark.parametrize("switch", [gc.enable, gc.disable])
def test_the_collector_is_as_before_also_after_an_error(switch):
    switch()
    before = gc.isenabled()
    with pytest.raises(ValueError), collection_held_back():
        assert not gc.isenabled()
        raise ValueError
    assert gc.isenabled() is before

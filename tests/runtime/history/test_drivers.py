"""The process that drives a run is known by more than its number."""

from __future__ import annotations

import os

import attrs
import pytest
from penstock.runtime.errors import RunNotFound
from penstock.runtime.history import processes


@pytest.fixture
def driver(history, record, a_run):
    """The driver of a run of this process."""
    record(a_run("r-1", state=None))
    return history.driver("r-1")


def test_a_run_of_this_process_is_driven_by_it(driver):
    assert (driver.host, driver.pid, driver.identity) == (
        processes.host(),
        os.getpid(),
        processes.identity(os.getpid()),
    )
    assert driver.is_here and driver.alive() is True


def test_a_later_process_of_the_same_number_is_another_one(driver):
    assert attrs.evolve(driver, identity=f"{driver.identity}9").alive() is False


def test_of_another_machine_nothing_is_seen(driver):
    elsewhere = attrs.evolve(driver, host="elsewhere")
    assert not elsewhere.is_here and elsewhere.alive() is None


def test_an_unknown_run_has_no_driver(history):
    with pytest.raises(RunNotFound):
        history.driver("nothing")

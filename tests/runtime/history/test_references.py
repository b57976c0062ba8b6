"""People name runs by whatever is shortest."""

from __future__ import annotations

import pytest

from penstock.runtime.errors import RunNotFound

IDS = ["20261122-204338-x7qd", "20261122-204339-ab2c", "20261123-000000-kkkk"]


@pytest.fixture
def known(record, a_run, history):
    record(*(a_run(run, started=1000.0 * number) for number, run in enumerate(IDS)))
    return lambda reference: history.run(reference).id


@pytest.mark.parametrize("reference", [IDS[0], "x7qd", "20261122-204338", "20261122-204338-x", f" {IDS[0]} "])
def test_a_run_is_found_by_what_only_it_has(known, reference):
    assert known(reference) == IDS[0]


@pytest.mark.parametrize(("reference", "position"), [("last", 2), ("last~0", 2), ("last~1", 1), ("last~2", 0)])
def test_last_counts_back_from_the_newest(known, reference, position):
    assert known(reference) == IDS[position]


def test_an_ambiguous_beginning_lists_the_candidates(known):
    with pytest.raises(RunNotFound, match=f"2 runs match: {IDS[1]}, {IDS[0]}; `penstock runs`"):
        known("20261122")


def test_of_many_candidates_five_are_listed(record, a_run, history):
    record(*(a_run(f"r-{number}") for number in range(8)))
    with pytest.raises(RunNotFound, match=r"8 runs match: .* and 3 more"):
        history.run("r-")


@pytest.mark.parametrize(
    "reference", ["", " ", "nope", "7qd", "20261122-204338-x7qd-", "%", "_", "LAST", "last~", "last~-1", "ü", "\0"]
)
def test_what_names_no_run_is_not_found(known, reference):
    with pytest.raises(RunNotFound, match="no run has that id"):
        known(reference)


def test_going_back_too_far_says_how_many_there_are(known):
    with pytest.raises(RunNotFound, match="there are only 3 runs"):
        known("last~3")


def test_the_last_of_no_runs_is_not_found(history):
    with pytest.raises(RunNotFound, match="there are no runs yet"):
        history.run("last")


def test_an_id_that_begins_another_is_found(record, a_run, history):
    record(a_run("r-1"), a_run("r-10"))
    assert history.run("r-1").id == "r-1"

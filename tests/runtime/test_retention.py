"""A policy keeps more rather than less."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.history.pruning import Lifetime
from penstock.runtime.retention import Retention
from penstock.runtime.states import State

NOW = 1000.0
LETTERS = {"c": State.COMPLETED, "f": State.FAILED, "x": State.CANCELLED, "r": State.RUNNING}


def runs(states, pipeline="p"):
    """Runs in these states, the newest first; each began and ended ten seconds before the one before it."""
    return [
        Lifetime(f"{pipeline}{place}", pipeline, LETTERS[letter], NOW - 10 * place, None if letter == "r" else NOW - 10 * place, NOW, "h")
        for place, letter in enumerate(states)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("states", "keep", "doomed"),
    [
        ("ccc", 1, ["p1", "p2"]), ("ccc", 3, []), ("ccc", 0, ["p0", "p1", "p2"]), ("fffc", 1, []), ("ffcfc", 1, ["p3", "p4"]),
        ("rcc", 1, ["p2"]), ("crc", 0, ["p0", "p2"]), ("fff", 1, []), ("cxc", 1, ["p1", "p2"]),
    ],
)  # fmt: skip
def test_so_many_completed_runs_are_kept_and_what_began_after_them(states, keep, doomed):
    assert Retention(keep).doomed(runs(states), NOW) == doomed


def test_each_pipeline_keeps_its_own():
    assert Retention(1).doomed([*runs("cc", "p"), *runs("cc", "q")], NOW) == ["p1", "q1"]


def test_old_runs_go_and_with_both_a_run_must_be_old_and_surplus():
    assert Retention(None, 15).doomed(runs("ccc"), NOW) == ["p2"]
    assert Retention(None, timedelta(seconds=5)).doomed(runs("rcf"), NOW) == ["p1", "p2"]
    assert Retention(1, 15).doomed(runs("ccc"), NOW) == ["p2"]
    assert Retention(2, 5).doomed(runs("ccc"), NOW) == ["p2"]


@given(st.text("cfxr", max_size=12), st.none() | st.integers(0, 5), st.none() | st.floats(0, 200))
def test_no_running_run_is_doomed_and_without_a_policy_none(states, keep, older_than):
    found = runs(states)
    doomed = Retention(keep, older_than).doomed(found, NOW)
    assert not {run.id for run in found if run.state is State.RUNNING} & set(doomed)
    assert doomed == [] or (keep, older_than) != (None, None)

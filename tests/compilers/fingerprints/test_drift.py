"""Globals that change after they were fingerprinted."""

from __future__ import annotations

import importlib
import sys

import pytest
from penstock.compilers.fingerprints import Fingerprinter
from penstock.compilers.fingerprints.drift import drifted

CODE = """
import collections, random, threading
CONF = {"a": 1}
LIMIT = 3
NAMES = ["x"]
RNG = random.Random(1)
UNSEEDED = random.Random()
LOCK = threading.Lock()
ITEMS = (i for i in range(3))
OTHER = 5
class Thing:
    def __init__(self): self.parts = [1]
    def part(self): return self.parts, CONF
THING = Thing()
def work(x):
    return x, CONF, LIMIT, NAMES, RNG, UNSEEDED, LOCK, ITEMS, THING
"""


@pytest.fixture
def flow(tmp_path, monkeypatch):
    (tmp_path / "drifting_flow.py").write_text(CODE)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module("drifting_flow")
    del sys.modules["drifting_flow"]


@pytest.fixture
def changed(flow):
    """Fingerprint the flow, change it, and return what drifted."""

    def call(change):
        fingerprinter = Fingerprinter()
        listed = fingerprinter.function(flow.work).manifest
        exec(change, vars(flow))
        return {drift.name.partition(".")[2]: (drift.before, drift.after) for drift in drifted(fingerprinter, [listed])}

    return call


CHANGES = [
    ("CONF['a'] = 2", {"CONF": ("{'a': 1}", "{'a': 2}")}),
    ("LIMIT = 4", {"LIMIT": ("3", "4")}),
    ("LIMIT = 'x'", {"LIMIT": ("3", "'x'")}),
    ("LIMIT = [3]", {"LIMIT": ("3", "[3]")}),
    ("NAMES.append('y')", {"NAMES": ("['x']", "['x', 'y']")}),
    ("RNG.random()", {"RNG": ("a random.Random", "another value")}),
    ("THING.parts.append(2)", {"THING": ("a drifting_flow.Thing", "another value")}),
    ("del LIMIT", {"LIMIT": ("3", "deleted")}),
]
NO_CHANGES = [
    "",
    "LIMIT = 3",
    "CONF = {'a': 1}",
    "NAMES = ['x']",
    "THING = Thing()",
    "UNSEEDED.random()",
    "next(ITEMS)",
    "LOCK = threading.Lock()",
    "OTHER = 6",
]


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_a_value_that_changed_is_named_with_both_values(changed, change, expected):
    assert changed(change) == expected


@pytest.mark.parametrize("change", NO_CHANGES)
def test_equal_values_and_what_has_no_identity_do_not_drift(changed, change):
    assert changed(change) == {}


def test_looking_twice_finds_the_same_and_changes_no_fingerprint(flow):
    fingerprinter = Fingerprinter()
    before = fingerprinter.function(flow.work)
    flow.CONF["a"] = 2
    assert drifted(fingerprinter, [before.manifest]) == drifted(fingerprinter, [before.manifest])
    assert fingerprinter.function(flow.work).digest == before.digest
    assert (
        str(drifted(fingerprinter, [before.manifest])[0])
        == "drifting_flow.CONF (drifting_flow.py:3) {'a': 1} -> {'a': 2}"
    )


def test_without_manifests_nothing_is_looked_at(flow):
    assert drifted(Fingerprinter(), []) == ()

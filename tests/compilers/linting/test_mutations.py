"""mutated-global and mutated-input."""

from __future__ import annotations

import pytest

TOP = """
import os, sys
import collections
import numpy as np
import pandas as pd

ITEMS = []
COUNTS = {}
SEEN = set()
TOTAL = 0
MODEL = None
ARRAY = np.zeros(3)
TABLE = pd.DataFrame({"a": [1]})
QUEUE = collections.deque()
BY_KIND = collections.defaultdict(list)

class Settings:
    depth = 3

settings = Settings()

def note(x):
    ITEMS.append(x)
"""
GIVEN = "given: list[int] = [], table: pd.DataFrame = None"

CHANGING = [
    "global TOTAL\nTOTAL = 1\nreturn 1",
    "global TOTAL\nTOTAL += 1\nreturn 1",
    "ITEMS.append(1)\nreturn 1",
    "COUNTS['a'] = 1\nreturn 1",
    "COUNTS['a'] += 1\nreturn 1",
    "COUNTS.update(a=1)\nreturn 1",
    "SEEN.add(1)\nreturn 1",
    "del COUNTS['a']\nreturn 1",
    "ARRAY[0] = 1\nreturn 1",
    "TABLE['b'] = 1\nreturn 1",
    "TABLE.drop(columns='a', inplace=True)\nreturn 1",
    "QUEUE.appendleft(1)\nreturn 1",
    "BY_KIND['a'].append(1)\nBY_KIND['a'] = []\nreturn 1",
    "Settings.depth = 4\nreturn 1",
    "settings.depth = 4\nreturn 1",
    "note(1)\nreturn 1",
    "def inner():\n    ITEMS.extend([1])\ninner()\nreturn 1",
]
UNCHANGING = [
    "items = []\nitems.append(1)\nreturn items",
    "ITEMS = []\nITEMS.append(1)\nreturn ITEMS",
    "counts = dict(COUNTS)\ncounts['a'] = 1\nreturn counts",
    "return ITEMS + [1]",
    "return COUNTS.get('a')",
    "if 'a' not in COUNTS:\n    COUNTS['a'] = 3\nreturn COUNTS['a']",
    "return COUNTS.setdefault('a', 3)",
    "global MODEL\nif MODEL is None:\n    MODEL = 3\nreturn MODEL",
    "os.environ['A'] = '1'\nsys.path.append('x')\nreturn 1",
    "return [ITEMS for ITEMS in [[1]]]",
    "given.append(1)\nreturn given",
    "return TABLE.drop(columns='a')",
    "import numpy\nnumpy.set_printoptions()\nreturn 1",
    "settings = Settings()\nsettings.depth = 4\nreturn settings.depth",
]


@pytest.mark.parametrize("lines", CHANGING)
def test_a_change_of_a_global_is_found(rules, lines):
    assert set(rules(lines, TOP)) == {"mutated-global"}


@pytest.mark.parametrize("lines", UNCHANGING)
def test_changes_of_locals_and_memos_are_not_found(rules, lines):
    assert rules(lines, TOP, GIVEN) == []


def test_a_change_is_found_in_a_step_that_is_never_reused_too(rules):
    assert rules("ITEMS.append(1)", TOP, allow_reuse=False) == ["mutated-global"]


def test_a_global_of_another_module_is_named_with_it(module, check):
    module("LIMITS = {}\n", name="limits_of_others")
    code = "import limits_of_others\n@step\ndef work() -> int:\n    limits_of_others.LIMITS['a'] = 1\n    return 1\n"
    (found,) = check(code)
    assert "limits_of_others.LIMITS" in found.message


INPUTS = [
    ("table['b'] = 1\nreturn table", 1),
    ("given.append(1)\nreturn given", 1),
    ("table.dropna(inplace=True)\nreturn table", 1),
    ("table = table.copy()\ntable['b'] = 1\nreturn table", 0),
    ("return table.dropna()", 0),
    ("mine = list(given)\nmine.append(1)\nreturn mine", 0),
]


@pytest.mark.parametrize(("lines", "count"), INPUTS)
def test_a_change_of_an_input_is_found_where_that_is_selected(check, lines, count):
    body = "\n".join(f"    {line}" for line in lines.splitlines())
    found = check(f"{TOP}\n@step\ndef work({GIVEN}) -> Any:\n{body}\n", "mutated-input")
    assert [finding.rule for finding in found] == ["mutated-input"] * count

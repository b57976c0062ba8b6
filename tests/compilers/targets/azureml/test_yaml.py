"""YAML: what a reader of YAML makes of it is what was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.targets.azureml.yaml import to_yaml

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    [
        "yes",
        "Off",
        "null",
        "1",
        "1e3",
        "0x1",
        "~",
        "- a",
        "a: b",
        "#",
        "2026-01-01",
        "",
        ".",
        "..",
        ".5",
        "=",
        "<<",
        "@a",
        "n",
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-(1 << 60), 1 << 60) | st.floats(-1e6, 1e6) | TEXTS
DATA = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


@given(st.dictionaries(TEXTS, DATA, min_size=1, max_size=5))
def test_what_is_written_is_read(data):
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(to_yaml(data)) == data


def test_harmless_text_stays_plain():
    assert (
        to_yaml({"a": {"b": ["c", {"d": 1, "e": []}], "f": "x y"}})
        == 'a:\n  b:\n    - c\n    - d: 1\n      e: []\n  f: "x y"\n'
    )

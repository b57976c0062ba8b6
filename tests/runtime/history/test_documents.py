"""What is written by hand is JSON, whatever is in it, and is read as it was."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from penstock.runtime.artifacts import Artifact
from penstock.runtime.bases import Basis
from penstock.runtime.history.documents import basis_from, basis_text, outputs_from, outputs_text
from penstock.runtime.history.tables import plain

TEXT = st.text(st.characters(exclude_categories=[]))
INPUTS = st.dictionaries(TEXT, st.tuples(st.none() | TEXT, TEXT))


@given(INPUTS, st.dictionaries(TEXT, TEXT), TEXT)
def test_a_basis_is_read_as_it_was_written(inputs, declared, problem):
    basis = Basis("key", "fingerprint", inputs, declared, problem)
    assert basis_from("key", "fingerprint", basis_text(basis)) == basis
    assert json.loads(basis_text(basis))["problem"] == problem


def test_a_basis_of_an_earlier_version_is_read_too():
    old = '{"key": "k", "fingerprint": null, "inputs": {"x": [null, "1"]}, "declared": {}, "problem": "p"}'
    assert basis_from("k", "", old) == Basis("k", None, {"x": (None, "1")}, {}, "p")


@given(st.dictionaries(TEXT, st.tuples(TEXT, st.none() | st.binary())))
def test_outputs_are_read_as_they_were_written(given):
    outputs = {name: Artifact("d", "json", 3, summary, summary, inline) for name, (summary, inline) in given.items()}
    kept = {
        one: Artifact("d", "json", 3, plain(made.type), plain(made.type), made.inline) for one, made in outputs.items()
    }
    assert outputs_from(outputs_text(outputs)) == kept


def test_the_order_of_outputs_is_kept():
    outputs = {name: Artifact(name, "json", 1) for name in "zay"}
    assert list(outputs_from(outputs_text(outputs))) == ["z", "a", "y"]

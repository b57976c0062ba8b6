"""Comparisons of what steps returned, without a worker."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.graph import Collection, Literal
from penstock.runtime.errors import OperationFailed, RunError
from penstock.runtime.operations import computed, truth_of
from penstock.runtime.resolved import Gathered, Resolved, Stored
from penstock.runtime.store import LocalStore, encode


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path)


def of(operator: str, *values: object) -> bool:
    return computed(operator, [Literal(value) for value in values], None).value


@given(st.integers(), st.integers())
def test_comparisons_are_pythons_own(left, right):
    assert (of("<", left, right), of(">=", left, right)) == (left < right, left >= right)
    assert (of("==", left, right), of("!=", left, right)) == (left == right, left != right)


@given(st.booleans(), st.booleans())
def test_truth_values_are_combined(left, right):
    assert (of("&", left, right), of("|", left, right), of("~", left)) == (left and right, left or right, not left)


def test_items_of_stored_values_are_compared(store):
    scores = Stored(encode({"rmse": 0.5}, store), ("rmse",))
    assert computed("<", [scores, Literal(1.0)], store) == Literal(True)


def test_collections_are_compared_as_wholes(store):
    made = Gathered(Collection("list", ()), (Stored(encode(1, store)), Literal(2)))
    assert computed("==", [made, Literal([1, 2])], store) == Literal(True)


def test_numpy_answers_with_truth_values_too(store):
    assert computed("<", [Stored(encode(np.float64(0.5), store)), Literal(1)], store) == Literal(True)


@pytest.mark.parametrize(
    ("operator", "values", "told"),
    [
        ("<", ("a", 3), "`'a' < 3` cannot be computed: '<' not supported"),
        ("&", (True, 3), "`True & 3` cannot be computed: int is no truth value; expected True or False"),
        ("~", (None,), "`~None` cannot be computed: NoneType is no truth value"),
    ],
)
def test_what_does_not_go_together_is_named(operator, values, told):
    with pytest.raises(OperationFailed) as caught:
        of(operator, *values)
    assert str(caught.value).startswith(told) and caught.value.kind == "TypeError"


def test_an_array_is_no_truth_value(store):
    values: list[Resolved] = [Stored(encode(np.arange(3), store)), Literal(1)]
    with pytest.raises(OperationFailed, match="ndarray is no truth value"):
        computed("==", values, store)


def test_an_operand_without_the_item_is_refused(store):
    with pytest.raises(RunError, match="selects the item 'r2', which a dict does not have"):
        computed("<", [Stored(encode({"rmse": 0.5}, store), ("r2",)), Literal(1)], store)


def test_a_condition_is_true_or_false():
    assert truth_of(Literal(True), None) is True
    with pytest.raises(RunError, match="must be True or False, and this is 3, a int"):
        truth_of(Literal(3), None)

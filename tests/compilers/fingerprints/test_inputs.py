"""Values of inputs are identified by content and by the code of their classes."""

from __future__ import annotations

import copy
import pickle
import threading
from decimal import Decimal

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.fingerprints import Fingerprinter, digest_value, identify

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner) | st.frozensets(SCALARS)
    ),
    max_leaves=12,
)
SHARED = Fingerprinter()


def identical(one: object, other: object) -> bool:
    """Tell whether two values are equal in type, order and every bit."""
    return type(one) is type(other) and repr_of(one) == repr_of(other)


def repr_of(value: object) -> str:
    if isinstance(value, (frozenset, set)):
        return f"{type(value).__name__}{sorted(map(repr_of, value))}"
    if isinstance(value, (list, tuple)):
        return f"{type(value).__name__}({', '.join(map(repr_of, value))})"
    if isinstance(value, dict):
        return f"dict({', '.join(f'{repr_of(key)}: {repr_of(item)}' for key, item in value.items())})"
    return repr(value)


@given(VALUES)
def test_a_pickled_copy_is_identified_alike(value: object) -> None:
    assert digest_value(pickle.loads(pickle.dumps(value)), SHARED) == digest_value(value, SHARED)


@given(VALUES, VALUES)
def test_values_are_identified_alike_exactly_if_they_are_identical(one: object, other: object) -> None:
    assert (digest_value(one, SHARED) == digest_value(other, SHARED)) == identical(one, other)


@given(st.lists(SCALARS), SCALARS)
def test_a_list_that_changed_is_identified_anew(values: list[object], more: object) -> None:
    before = digest_value(values, SHARED)
    values.append(more)
    assert digest_value(values, SHARED) != before


@given(st.lists(st.floats(), min_size=1))
def test_arrays_are_identified_by_content(values: list[float]) -> None:
    array = np.array(values)
    assert (
        digest_value(array.copy(order="F"), SHARED) == digest_value(array, SHARED) != digest_value(array[:-1], SHARED)
    )


@given(st.lists(st.integers(-(2**60), 2**60) | st.none() | st.text(), min_size=1))
def test_tables_are_identified_by_content(values: list[object]) -> None:
    table = pd.DataFrame({"a": pd.Series(values, dtype=object), "b": range(len(values))})
    assert (
        digest_value(table.copy(), SHARED)
        == digest_value(table, SHARED)
        != digest_value(table.rename(columns={"a": "c"}), SHARED)
    )


def test_a_table_that_went_through_pickle_is_the_same() -> None:
    table = pd.DataFrame({"a": [1.0, None], "b": pd.Categorical(["x", "y"]), "c": pd.to_datetime(["2024-01-01", None])})
    assert digest_value(pickle.loads(pickle.dumps(table))) == digest_value(table)


def test_a_lock_has_no_identity_problem_and_an_iterator_of_a_generator_has() -> None:
    assert digest_value(threading.Lock()) is not None
    assert digest_value(item for item in ()) is None


def test_what_cannot_be_identified_is_named() -> None:
    found = identify([1, (item for item in ())])
    assert found.digest is None
    assert "builtins.generator" in found.reason


def test_functions_count_by_their_code() -> None:
    assert digest_value(lambda x: x + 1) != digest_value(lambda x: x + 2)


def test_copies_of_cyclic_values_are_identified_alike() -> None:
    value: list[object] = [Decimal(1)]
    value.append(value)
    assert digest_value(copy.deepcopy(value)) == digest_value(value)


def test_the_class_of_an_instance_counts() -> None:
    one = type("C", (), {"f": lambda self: 1})()
    other = type("C", (), {"f": lambda self: 2})()
    assert digest_value(one) != digest_value(other)

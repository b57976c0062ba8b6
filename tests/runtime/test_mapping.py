"""The items of a list, and what identifies each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.compilers.graph import Collection, Literal
from penstock.runtime.errors import RunError
from penstock.runtime.mapping import LARGEST, gathered, items_of, name_of, split_items, zipped
from penstock.runtime.resolved import Gathered, Stored
from penstock.runtime.splitting import parts_of, split
from penstock.runtime.store import LocalStore, decode, encode


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return LocalStore(tmp_path_factory.mktemp("store"))


PLAIN = st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(max_size=5)


@given(st.lists(PLAIN | st.lists(PLAIN, max_size=3), max_size=5))
def test_the_driver_and_a_worker_give_the_same_items(store, values):
    here = items_of(Stored(encode(values, store)), store)
    there = split_items({name: encode(value, store) for name, value in split(values).items()}, None, store)
    assert here == there and [decode(item.artifact, store) for item in here.values] == values


def test_what_is_big_or_pickled_is_for_a_worker(store):
    assert items_of(Stored(encode([1j], store)), store) is None
    assert items_of(Stored(encode(["x" * LARGEST], store)), store) is None


def test_a_pickled_item_is_known_by_its_bytes_and_the_code_behind_it(store):
    def identities(values: list[object], code: str | None) -> list[str | None]:
        made = {name: encode(value, store) for name, value in split(values).items()}
        return [item.identity for item in split_items(made, code, store).values]

    assert identities([1j, 2j], "code")[1] == identities([0j, 5, 2j], "code")[2]
    assert identities([1j], "code") != identities([1j], "other")
    assert identities([1j, 5], None)[0] is None and identities([1j, 5], None)[1] is not None


def test_a_collection_of_promises_has_its_items_already(store):
    made = Gathered(Collection("dict", (), ("a", "b")), (Literal(1), Literal(2)))
    items = items_of(made, store)
    assert items is not None and items.values == made.items and items.keys == ("a", "b")
    assert gathered(items.values, items.keys) == made


@pytest.mark.parametrize("value", ["text", b"bytes", 5, None, {1, 2}, 2.5])
def test_what_has_no_items_or_no_order_is_refused(value):
    with pytest.raises(
        RunError, match=f"goes over the items of a list or dict, and was given a {type(value).__name__}"
    ):
        parts_of(value)


def test_lists_side_by_side_must_be_equally_long_and_dicts_have_the_same_keys(store):
    one, two = items_of(Literal([1]), store), items_of(Literal([1, 2]), store)
    with pytest.raises(RunError, match="'x' has 1 and 'y' has 2 items"):
        zipped({"x": one, "y": two})
    with pytest.raises(RunError, match="dicts with different keys"):
        zipped({"x": items_of(Literal({"a": 1}), store), "y": items_of(Literal({"b": 1}), store)})


def test_an_item_is_called_by_its_key_or_itself_where_that_is_short():
    assert name_of(Literal("forest"), None, 0) == "'forest'"
    assert name_of(Literal("x" * 100), None, 0) == "" and name_of(Literal("x" * 100), ("key",), 0) == "'key'"

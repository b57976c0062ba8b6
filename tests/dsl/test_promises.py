"""Promises: what stands for a value that does not exist yet."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, TypedDict

import pytest

from penstock import Promise, PromiseUsedAsValue, pipeline, step
from penstock.dsl import record
from penstock.dsl.promises import has_promise, promises_in


class Pair(NamedTuple):
    left: int
    right: str


class Scores(TypedDict):
    rmse: float


@step
def pair() -> tuple[int, str]: ...
@step
def named() -> Pair: ...
@step
def scores() -> Scores: ...
@step
def table() -> dict[str, list[int]]: ...
@step
def anything(): ...
@step
def effect() -> None: ...


def result(body: Callable[..., object]) -> Any:
    return record(pipeline(body), {}).result


def test_one_output_is_one_promise():
    assert isinstance(result(lambda: table()), Promise)


def test_a_tuple_of_outputs_is_a_tuple_of_promises():
    left, right = result(lambda: pair())
    assert (left._origin.hint, right._origin.name) == (int, "output_1")


def test_a_namedtuple_of_outputs_is_read_by_attribute_index_and_unpacking():
    both = result(lambda: named())
    assert isinstance(both, Pair)
    left, _right = both
    assert left is both.left is both[0]


def test_a_typeddict_of_outputs_is_read_by_key():
    assert result(lambda: scores())["rmse"]._origin.hint is float


def test_a_step_without_output_gives_a_promise_of_none():
    assert result(lambda: effect())._origin.hint is type(None)


def test_items_are_selected_with_their_types():
    item = result(lambda: table()["a"][0])
    assert (item._origin.path, item._origin.hint) == (("a", 0), int)


def test_an_item_of_an_unknown_value_is_unknown():
    assert result(lambda: anything()[-1]["x"])._origin.hint is Any


def test_repr_tells_the_type_the_step_and_the_line():
    promise = result(lambda: table()["a"])
    line = inspect.currentframe().f_lineno - 1
    assert repr(promise).startswith("<promise of list[int]: table()['a'], called at ")
    assert repr(promise).endswith(f"test_promises.py:{line}>")


def test_repr_of_a_parameter_tells_the_pipeline():
    def train(rate: float) -> object:
        return anything(), rate

    assert repr(result(train)[1]) == "<promise of float: the parameter rate of pipeline 'train'>"


def test_identity_and_hash_work():
    promise = result(lambda: anything())
    assert promise is not None
    assert {promise: 1}[promise] == 1
    assert promise in [promise]


def test_what_notebooks_probe_for_is_just_absent():
    promise = result(lambda: anything())
    assert not hasattr(promise, "_repr_html_")
    assert not hasattr(promise, "__wrapped__")


@pytest.mark.parametrize("key", [None, 1.5, True, slice(1), (0, 1)])
def test_only_texts_and_whole_numbers_select(key):
    promise = result(lambda: anything())
    with pytest.raises(PromiseUsedAsValue, match="Select by a text or whole number"):
        promise[key]


def test_promises_are_found_in_nested_containers():
    promise = result(lambda: anything())
    assert list(promises_in([1, (promise, {"a": {promise}})])) == [promise, promise]
    assert has_promise({"a": [promise]})
    assert not has_promise({"a": [1, "b", None]})

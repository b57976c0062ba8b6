"""Recording: the pipeline function runs once, and what it does is written down."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from penstock import DefinitionError, PromiseUsedAsValue, RecordingError, pipeline, step
from penstock.dsl import record
from penstock.dsl.active import active
from penstock.dsl.snapshots import Snapshots


@step
def show(x: Any) -> int: ...


def arguments(body: Any) -> list[object]:
    return [call.arguments["x"] for call in record(pipeline(body), {}).calls]


def test_nothing_is_recorded_outside():
    assert active() is None
    record(pipeline(lambda: show(1)), {})
    assert active() is None


def test_a_failure_ends_the_recording():
    with pytest.raises(RecordingError):
        record(pipeline(lambda: 1 / 0), {})
    assert active() is None


def test_a_thread_of_the_body_is_outside_the_recording():
    found = []

    def body() -> object:
        thread = threading.Thread(target=lambda: found.append(active()))
        thread.start()
        thread.join()
        return show(1)

    record(pipeline(body), {})
    assert found == [None]


def test_an_argument_is_taken_as_it_is_at_the_call():
    def body() -> None:
        values = [1]
        show(values)
        values.append(2)
        show(values)

    assert arguments(body) == [[1], [1, 2]]


def test_what_is_deep_inside_an_argument_is_taken_too():
    def body() -> None:
        config = {"a": ([1], {"b": {3}})}
        show(config)
        config["a"][0].append(2)
        config["a"][1]["b"].add(4)
        show(config)

    assert arguments(body) == [{"a": ([1], {"b": {3}})}, {"a": ([1, 2], {"b": {3, 4}})}]


def test_a_mutable_default_is_taken_at_each_call():
    @step
    def collect(x: list[int] = []) -> list[int]:  # noqa: B006
        x.append(1)
        return x

    collect()
    assert arguments(lambda: collect()) == [[1]]
    collect.function()


def test_an_unchanged_list_stays_one_object():
    values = list(range(5))
    first, second = arguments(lambda: (show(values), show(values)))
    assert first is second
    assert first is not values


def test_other_objects_are_not_copied():
    thing = object()
    assert arguments(lambda: show([thing]))[0][0] is thing


def test_a_tuple_without_containers_is_not_copied():
    value = (1, ("a", None))
    assert Snapshots().take(value) is value


def test_a_list_that_contains_itself_is_refused():
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(DefinitionError, match="contains itself"):
        arguments(lambda: show(endless))


def test_misuse_keeps_its_own_error():
    with pytest.raises(PromiseUsedAsValue):
        record(pipeline(lambda: len(show(1))), {})


def test_interrupts_pass_through():
    def body() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        record(pipeline(body), {})

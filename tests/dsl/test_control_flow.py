"""What depends on values of the run, as plain Python: mapped at once, branches taken, loops run, cleanups called."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import pytest

from penstock import (
    DefinitionError,
    LimitReached,
    RecordingError,
    RunStatus,
    each,
    on_exit,
    pipeline,
    repeat,
    step,
    when,
)
from penstock.compilers.lowering import compile_pipeline


class Pair(NamedTuple):
    left: int
    right: str


class Scores(TypedDict):
    rmse: float


@step
def add(x: int, y: int = 1) -> int:
    return x + y


@step
def split(x: int) -> tuple[int, str]:
    return x, str(x)


@step
def named(x: int) -> Pair:
    return Pair(x, str(x))


@step
def scores(x: int) -> Scores:
    return {"rmse": x / 2}


@step
def ended(log: list[str], status: RunStatus, extra: RunStatus | None = None) -> None:
    log.append(f"{status} {extra}")


@pipeline
def twice(x: int, y: int) -> int:
    return add(add(x, y), y)


@pipeline
def careful(log: list[str], fails: bool = False) -> int:
    on_exit(lambda: ended(log))
    on_exit(lambda status: log.append(f"then {status}"))
    log.append("body")
    return 1 // 0 if fails else add(1)


@pytest.mark.parametrize(
    "values", [[1, 2], (1, 2), range(1, 3), (x for x in (1, 2)), np.array([1, 2])], ids=lambda v: type(v).__name__
)
def test_a_step_is_called_for_each_item_in_order(values):
    assert add(each(values), 10) == [11, 12]


def test_a_dict_gives_a_dict_with_the_same_keys():
    assert add(each({"b": 1, "a": 2})) == {"b": 2, "a": 3}
    assert add(each([1, 2]), each({"b": 1, "a": 2})) == [2, 4]


def test_several_are_taken_side_by_side():
    assert add(each([1, 2]), y=each((10, 20))) == [11, 22]


def test_nothing_gives_nothing():
    assert add(each([])) == []
    assert split(each([])) == ([], [])


@pytest.mark.parametrize(("call", "expected"), [
    (lambda: split(each([1, 2])), ([1, 2], ["1", "2"])),
    (lambda: named(each([1, 2])), Pair([1, 2], ["1", "2"])),
    (lambda: scores(each({"a": 1})), {"rmse": {"a": 0.5}}),
])  # fmt: skip
def test_several_outputs_are_a_list_each(call, expected):
    assert call() == expected


def test_a_pipeline_is_called_for_each_item():
    assert twice(each([1, 2]), 10) == [21, 22]


def test_a_mapped_result_can_be_mapped_again():
    assert add(each(twice(each([1, 2]), 10))) == [22, 23]


def test_a_mapped_call_takes_options_and_order():
    assert add.options(name="plus").after(1)(each([1])) == [2]


def test_unequal_lengths_are_refused_in_plain_python_too():
    with pytest.raises(DefinitionError, match="must be equally long: 'x' has 1, 'y' has 2"):
        add(each([1]), each([1, 2]))


def test_each_inside_of_a_list_is_refused_in_plain_python_too():
    with pytest.raises(DefinitionError, match=r"is given an each\(...\) inside of a list"):
        add([each([1])])


def test_one_branch_is_called():
    assert when(True, lambda: "then", otherwise=lambda: 1 // 0) == "then"
    assert when(False, lambda: 1 // 0, otherwise=lambda: "otherwise") == "otherwise"


def test_a_false_condition_without_otherwise_gives_none():
    assert when(np.bool_(False), lambda: 1 // 0) is None


def test_a_condition_that_is_no_truth_value_is_refused():
    with pytest.raises(DefinitionError, match=r"was given 1, a int; compare it"):
        when(1, lambda: 1)


def test_a_body_is_called_until_the_test_is_true():
    assert repeat(add, 0, until=lambda state: state >= 3, limit=10) == 3
    assert repeat(add, 5, until=lambda state: state >= 3, limit=10) == 6


def test_a_state_of_several_values_is_a_tuple():
    found = repeat(lambda state: (add(state[0]), state[1] * 2), (0, 1), until=lambda state: state[1] > 5, limit=9)
    assert found == (3, 8)


def test_the_limit_is_an_error_or_the_last_state():
    with pytest.raises(LimitReached, match=r"repeat\(add\) has reached its limit of 2 rounds"):
        repeat(add, 0, until=lambda state: state > 5, limit=2)
    assert repeat(add, 0, until=lambda state: state > 5, limit=2, on_limit="return") == 2


def test_a_test_that_gives_no_truth_value_is_refused():
    with pytest.raises(DefinitionError, match="`until` must return a truth value, and returned 1, a int"):
        repeat(add, 0, until=lambda state: state, limit=2)


def test_cleanups_are_called_at_the_end_with_how_it_was():
    log: list[str] = []
    assert careful(log) == 2
    assert log == ["body", "completed completed", "then completed"]


def test_cleanups_are_called_after_a_failure():
    log: list[str] = []
    with pytest.raises(ZeroDivisionError):
        careful(log, fails=True)
    assert log == ["body", "failed failed", "then failed"]


def test_cleanups_are_called_after_an_interruption():
    log: list[str] = []

    @pipeline
    def interrupted():
        on_exit(lambda status: log.append(status))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert log == [RunStatus.CANCELLED]


def test_every_cleanup_is_called_and_a_failure_of_one_is_told():
    log: list[str] = []

    @pipeline
    def messy():
        on_exit(lambda: 1 // 0)
        on_exit(lambda: log.append("second"))
        raise ValueError("first")

    with pytest.raises(ValueError, match="first") as caught:
        messy()
    assert log == ["second"]
    assert "on_exit failed as well: ZeroDivisionError" in caught.value.__notes__[0]


def test_a_failing_cleanup_of_what_completed_is_raised():
    @pipeline
    def messy():
        on_exit(lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        messy()


def test_a_nested_pipeline_cleans_up_when_it_ends():
    log: list[str] = []

    @pipeline
    def outer():
        on_exit(lambda: log.append("outer"))
        careful(log)
        log.append("after")

    outer()
    assert log == ["body", "completed completed", "then completed", "after", "outer"]


def test_a_status_that_is_given_is_kept():
    log: list[str] = []
    ended(log, RunStatus.FAILED)
    assert log == ["failed None"]


def test_a_promise_does_not_leak_into_plain_python():
    kept: list[object] = []
    compile_pipeline(lambda: kept.append(add(1)) or kept[0])
    for use in (
        lambda: when(kept[0] > 1, lambda: 1),
        lambda: repeat(add, kept[0], until=lambda s: s > 1, limit=1),
        lambda: add(each([kept[0]])),
    ):
        with pytest.raises(RecordingError, match="is used outside the recording of pipeline 'pipeline'"):
            use()

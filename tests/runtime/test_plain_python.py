"""Pipelines with parts that depend on values of the run give what they give as plain Python, and reuse it item by item."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock import Local, Run, RunFailed, RunStatus, State, each, on_exit, pipeline, repeat, step, when
from penstock.compilers.lowering import compile_pipeline
from penstock.compilers.serialisation import from_json, to_json


class Pair(NamedTuple):
    left: int
    right: int


@step
def add(x: int, y: int = 1) -> int:
    return x + y


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def values(xs: dict[str, int]) -> list[int]:
    return list(xs.values())


@step
def both(x: int) -> tuple[int, int]:
    return x, -x


@step
def named(x: int) -> Pair:
    return Pair(x, x * 2)


@step
def upto(n: int) -> list[int]:
    return list(range(n))


@step
def or_zero(x: int | None) -> int:
    return x or 0


@step
def fails(x: int) -> int:
    return 1 // x


@step
def note(x: int | None, status: RunStatus) -> str:
    return f"{x} {status!r}"


@pipeline
def twice(x: int, y: int) -> int:
    return add(add(x, y), y)


@pipeline
def parted(x: int) -> tuple[int, int]:
    left, right = both(x)
    return add(left), right


EXPRESSIONS = st.recursive(
    st.integers(-3, 3).map(lambda number: ("plain", number)),
    lambda inner: st.one_of(
        st.tuples(st.just("add"), inner, inner),
        st.tuples(st.just("map"), st.lists(inner, max_size=3)),
        st.tuples(st.just("keyed"), st.lists(inner, min_size=1, max_size=3)),
        st.tuples(st.just("nested"), st.lists(inner, max_size=2), inner),
        st.tuples(st.just("parts"), inner),
        st.tuples(st.just("when"), inner, inner, inner),
        st.tuples(st.just("maybe"), inner, inner),
        st.tuples(st.just("repeat"), inner, inner),
    ),
    max_leaves=6,
)
"""Pipelines, as trees."""


def made(tree: Any) -> Any:
    """Carry a tree out, in plain Python or in a recording."""
    kind, *parts = tree
    return MAKERS[kind](*parts)


def chosen(condition: Any, first: Any, second: Any) -> Any:
    left, right = when(
        (add(made(condition)) > 0) & (add(made(condition)) != 2),
        lambda: (made(first), 1),
        otherwise=lambda: (made(second), made(("plain", 2))),
    )
    return add(left, right)


def repeated(first: Any, step_size: Any) -> Any:
    size = add(made(step_size))
    state, rounds = repeat(
        lambda it: (add(it[0], size), add(it[1])), (made(first), 0), until=lambda it: (it[0] > 5) | (it[1] > 2), limit=4
    )
    return add(state, rounds)


MAKERS: dict[str, Callable[..., Any]] = {
    "plain": lambda number: number,
    "add": lambda left, right: add(made(left), made(right)),
    "map": lambda items: total(add(each(list(map(made, items))), 2)),
    "keyed": lambda items: total(values(add(each({str(key): made(item) for key, item in enumerate(items)})))),
    "nested": lambda items, size: total(twice(each(list(map(made, items))), made(size))),
    "parts": lambda item: total(parted(each([made(item)]))[0]),
    "when": chosen,
    "maybe": lambda condition, item: or_zero(when(add(made(condition)) > 1, lambda: add(made(item)))),
    "repeat": repeated,
}  # fmt: skip


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


def ran(workspace: Path, body: Callable[..., object], *args: Any, **options: Any) -> Run:
    return Local(executor="inline", workspace=workspace, **options).run(body, *args)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(EXPRESSIONS)
def test_a_run_gives_what_plain_python_gives(workspace, tree):
    body = pipeline(lambda: add(made(tree)))
    graph = compile_pipeline(body).graph
    assert from_json(to_json(graph)) == graph
    assert ran(workspace, body).result() == body()


def test_a_parameter_is_mapped_and_each_item_is_reused_by_itself(workspace):
    @pipeline
    def mapped(xs: list[int]):
        return add(each(xs), 1000)

    assert ran(workspace, mapped, [1, 2, 3]).result() == [1001, 1002, 1003]
    again = ran(workspace, mapped, [1, 2, 7, 3])
    assert again.result() == [1001, 1002, 1007, 1003]
    assert [item.state for item in again.steps["add"].items] == ["reused", "reused", "completed", "reused"]


def test_a_dict_is_mapped_to_a_dict_and_several_outputs_to_several(workspace):
    @pipeline
    def mapped(xs: dict[str, int]):
        pair = named(each(upto(3)))
        return add(each(xs)), pair, both(each(xs))

    assert ran(workspace, mapped, {"b": 1, "a": 2}).result() == mapped({"b": 1, "a": 2})


def test_lists_of_unequal_lengths_fail_with_a_word(workspace):
    with pytest.raises(RunFailed, match="must be equally long"):
        ran(workspace, lambda: add(each(upto(2)), each(upto(3))))


def test_a_branch_that_was_not_taken_is_skipped_and_what_needs_it_too(workspace):
    def body():
        skipped = when(add(1) > 5, lambda: add(2))
        return [or_zero(skipped), when(add(1) < 5, lambda: total([add(3)])), add(skipped)][:2]

    made_run = ran(workspace, body)
    assert made_run.result() == [0, 4]
    assert made_run.steps["add-3"].state is State.SKIPPED


def test_rounds_end_at_the_limit(workspace):
    with pytest.raises(RunFailed, match="LimitReached"):
        ran(workspace, lambda: repeat(add, 0, until=lambda state: state > 5, limit=2))
    last = ran(workspace, lambda: repeat(add, 0, until=lambda state: state > 5, limit=2, on_limit="return"))
    assert last.result() == 2


@pytest.mark.parametrize(("divisor", "told"), [
    (1, "1 <RunStatus.COMPLETED: 'completed'>"),
    (0, "None <RunStatus.FAILED: 'failed'>"),
])  # fmt: skip
def test_a_cleanup_runs_whatever_happened(workspace, divisor, told):
    @pipeline
    def careful(x: int):
        found = fails(x)
        on_exit(lambda: note(found))
        return found

    assert ran(workspace, careful, divisor, raise_on_failure=False).steps["on_exit/note"].result() == told


def test_the_status_decides_in_a_cleanup(workspace):
    @pipeline
    def careful(x: int):
        on_exit(lambda status: when(status == RunStatus.FAILED, lambda: note(7)))
        return fails(x)

    made_run = ran(workspace, careful, 0, raise_on_failure=False)
    assert made_run.steps["on_exit/when/note"].result() == "7 <RunStatus.FAILED: 'failed'>"


def test_a_mapped_pipeline_cleans_up_after_each_item(workspace):
    @pipeline
    def careful(x: int) -> int:
        on_exit(lambda: note(x))
        return add(x)

    made_run = ran(workspace, pipeline(lambda: careful(each([50, 51]))))
    assert made_run.result() == [51, 52]
    assert made_run.steps["careful[1]/on_exit/note"].result() == "51 <RunStatus.COMPLETED: 'completed'>"

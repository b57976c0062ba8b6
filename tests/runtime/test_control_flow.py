"""Pipelines that depend on values of the run give what plain Python gives, however they are nested."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import penstock
from penstock import Local, Run, RunStatus, Workspace, each, on_exit, pipeline, repeat, replay, step, when
from penstock.runtime.cli import main
from penstock.runtime.events import StepFailed, StepStarted

SEEN: list[object] = []


@step
def add(x: int, y: int) -> int:
    return x + y


@step
def numbers(n: int) -> list[int]:
    return list(range(abs(n) % 4))


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def grow(x: int) -> int:
    return x + 7


@step
def crash(x: int) -> int:
    if x == 1:
        os._exit(3)
    return x


@step(retries=penstock.Retries(1, delay=0.0))
def shaky(x: int, folder: str) -> int:
    mark = Path(folder, str(x))
    if x == 1 and not mark.exists():
        mark.touch()
        raise ValueError("once")
    return x


@step
def fussy(x: int) -> int:
    if x == 1:
        raise ValueError("no")
    return x


@step(allow_reuse=True)
def tell(status: RunStatus, folder: str) -> None:
    Path(folder, "status").write_text(str(status))


def build(tree: Any, x: Any) -> Any:
    """Compose what a tree says, of promises or of values."""
    match tree:
        case int():
            return tree
        case "x":
            return x
        case ("add", left, right):
            return add(build(left, x), build(right, x))
        case ("fussy", inner):
            return fussy(build(inner, x))
        case ("tidy", inner):
            return tidied(inner)(add(build(inner, x), 0))
        case ("when", left, right, then, otherwise):
            condition = add(build(left, x), 0) < right
            return when(condition, lambda: add(build(then, x), 1), otherwise=lambda: add(build(otherwise, x), 2))
        case ("each", size, body):
            return total(mapped(body)(each(numbers(build(size, x)))))
        case ("repeat", first, body, bound):
            return repeat(lambda state: grow(add(build(body, x), state)), add(build(first, x), 0), until=lambda state: state > bound,
                          limit=5, on_limit="return")  # fmt: skip
    raise TypeError(tree)


def tidied(tree: Any) -> Callable[..., Any]:
    """Make a pipeline of a tree that runs something at its end."""

    @pipeline
    def tidy(x: int) -> int:
        on_exit(lambda: grow(x))
        return add(build(tree, x), 0)

    return tidy


def mapped(tree: Any) -> Callable[..., Any]:
    """Make a pipeline of a tree, to map."""

    @pipeline
    def item(x: int) -> int:
        return add(build(tree, x), 0)

    return item


SMALL = st.integers(-5, 20)
TREES = st.recursive(
    SMALL | st.just("x"),
    lambda inner: st.one_of(
        st.tuples(st.just("add"), inner, inner),
        st.tuples(st.just("fussy"), inner),
        st.tuples(st.just("tidy"), inner),
        st.tuples(st.just("when"), inner, SMALL, inner, inner),
        st.tuples(st.just("each"), inner, inner),
        st.tuples(st.just("repeat"), inner, inner, SMALL),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("workspace")


def outcome(composed: Callable[..., int], x: int) -> int | None:
    """Return what plain Python returns; None where it raises what a step raised."""
    try:
        return composed(x)
    except ValueError:
        return None


@settings(max_examples=30)
@given(tree=TREES, x=SMALL, goes_on=st.booleans())
def test_a_run_gives_what_plain_python_gives_and_fails_where_that_raises(shared, tree, x, goes_on):
    @pipeline
    def composed(x: int) -> int:
        return add(build(tree, x), 0)

    how = Local(
        executor="inline", display="none", workspace=shared, raise_on_failure=False, continue_on_failure=goes_on
    )
    run, expected = how.run(composed, x), outcome(composed, x)
    again = Run.get(run.id, Workspace.open(shared))
    assert {name: step.state for name, step in run.steps.items()} == {
        name: step.state for name, step in again.steps.items()
    }
    assert all(step.state.ended for step in again.steps.values())
    assert run.state == ("failed" if expected is None else "completed")
    assert expected is None or run.result() == again.result() == expected


@pytest.fixture
def ran(tmp_path: Path) -> Callable[..., Run]:
    def run(body: Callable[..., Any], *args: Any, **settings: Any) -> Run:
        how = {"executor": "inline", "display": "none", "raise_on_failure": False, "workspace": tmp_path, **settings}
        return Local(**how).run(body, *args)

    return run


def states(run: Run, step: str) -> dict[str, str]:
    return {item.id: str(item.state) for item in run.steps[step].items}


@pipeline
def row(x: int) -> int:
    return total(add(each(numbers(x)), x))


@pipeline
def table(n: int) -> int:
    return total(row(each(numbers(n))))


def test_a_mapped_pipeline_maps(ran):
    made = ran(table, 3)
    assert made.result() == table(3) == 6
    assert {"row[2]/numbers", "row[2]/add", "row[2]/add[1]", "row[2]/total"} <= set(made.steps)


@pipeline
def choosy(x: int) -> int:
    return when(grow(x) > 8, lambda: add(x, 100), otherwise=lambda: add(x, -100))


@pipeline
def choices(n: int) -> list[int]:
    return choosy(each(numbers(n)))


def test_each_item_takes_its_own_branch(ran):
    made = ran(choices, 3)
    assert made.result() == choices(3) == [-100, -99, 102]
    assert states(made, "choosy[0]/when") == {
        "choosy[0]/when/add": "skipped",
        "choosy[0]/when/otherwise/add": "completed",
    }


@pipeline
def improve(x: int) -> int:
    return when(add(x, 0) > 10, lambda: add(x, 5), otherwise=lambda: row(x))


@pipeline
def improved(x: int) -> int:
    return repeat(improve, x, until=lambda state: state > 40, limit=4, on_limit="return")


def test_a_repeated_pipeline_chooses_in_each_round(ran):
    made = ran(improved, 11)
    assert made.result() == improved(11) == 31
    assert {step.place for step in made.steps["improve"].items} == {1, 2, 3, 4}


@pipeline
def careful(x: int, folder: str) -> int:
    on_exit(lambda: tell(folder=folder))
    return fussy(x)


@step
def meet(name: str, other: str, folder: str) -> bool:
    """Wait for somebody who must be there at the same time."""
    Path(folder, name).touch()
    until = time.monotonic() + 30
    while not (met := Path(folder, other).exists()) and time.monotonic() < until:
        time.sleep(0.01)
    return met


@pipeline
def left_by_two(x: int, folder: str) -> int:
    on_exit(lambda: meet("first", "second", folder))
    on_exit(lambda: meet("second", "first", folder))
    return grow(x)


def test_what_runs_at_the_end_does_not_wait_for_what_else_runs_there(tmp_path):
    made = Local(jobs=2, display="none", workspace=tmp_path).run(left_by_two, 1, str(tmp_path))
    assert made.steps["on_exit/meet"].result() and made.steps["on_exit-2/meet"].result()


@pipeline
def carefully(x: int, folder: str) -> int:
    return grow(careful(x, folder))


@pytest.mark.parametrize(("x", "status"), [(0, "completed"), (1, "failed")])
def test_a_nested_pipeline_is_tidied_up_however_it_ends(ran, tmp_path, x, status):
    made = ran(carefully, x, str(tmp_path))
    assert (tmp_path / "status").read_text() == status and made.status == status


@pipeline
def crashing() -> list[int]:
    return crash(each([0, 1, 2]))


def test_a_worker_that_dies_fails_its_item_only(ran):
    made = ran(crashing, executor="local", jobs=2)
    assert [str(step.state) for step in made.steps["crash"].items] == ["completed", "failed", "completed"]
    assert made.failures["crash"].message == "1 of 3 items failed: [1] 1"
    assert made.failures["crash[1]"].kind == "WorkerDied"


@pipeline
def shaking(folder: str) -> list[int]:
    return shaky(each([0, 1, 2]), folder)


def test_an_item_is_tried_again_by_itself(ran, tmp_path):
    made = ran(shaking, str(tmp_path))
    assert made.result() == [0, 1, 2] and [step.attempts for step in made.steps["shaky"].items] == [1, 2, 1]


@pipeline
def fussing(n: int) -> int:
    return total(fussy(each(numbers(n))))


def test_what_has_finished_is_not_run_again_after_a_failure(ran):
    ran(fussing, 3)
    again = ran(fussing, 3)
    assert [str(step.state) for step in again.steps["fussy"].items] == ["reused", "failed", "reused"]


def test_an_item_is_replayed(ran):
    made = ran(table, 3)
    again = replay(made, "row[2]/add[1]")
    assert again.result == 3 and again.equal


def test_an_item_that_failed_raises_its_own_exception_again(ran):
    with pytest.raises(ValueError, match="no"):
        replay(ran(fussing, 3), "fussy[1]")


@pipeline
def planned(xs: list[int]) -> int:
    return total(row(each(xs)))


def explained(*args: Any, workspace: Path) -> dict[str, str]:
    found = penstock.explain(planned, *args, workspace=Workspace.open(workspace))
    return {verdict.step: verdict.decision for verdict in found}


def test_what_is_known_ahead_is_explained_item_by_item(tmp_path):
    found = explained([1, 2], workspace=tmp_path)
    assert found["row[1]/numbers"] == "runs" and found["row[1]/add"] == "depends" and found["row"] == "runs"


def test_what_has_results_is_explained_as_reused_with_all_in_it(ran, tmp_path):
    ran(planned, [1, 2])
    assert set(explained([1, 2], workspace=tmp_path).values()) == {"reused"}
    assert explained([1, 2, 3], workspace=tmp_path)["row[1]/add"] == "reused"


def test_a_part_of_a_pipeline_runs_until_a_mapped_call(ran):
    made = ran(table, 3, until="row")
    assert made.result() == [0, 1, 5] and "total" not in made.steps


def test_events_of_items_come_in_order(ran):
    heard: list[object] = []
    ran(fussing, 3, listeners=[heard.append])
    assert [event.step for event in heard if isinstance(event, StepFailed)] == ["fussy[1]", "fussy"]


@pipeline
def chosen(n: int) -> int:
    scores = row(each(numbers(n)))
    return when(total(scores) > 100, lambda: add(n, 1), otherwise=lambda: total(scores))


def test_a_branch_can_run_alone_where_what_it_needs_has_results(ran):
    ran(chosen, 3)
    assert ran(chosen, 3, only="when").result() == 6
    with pytest.raises(penstock.PenstockError, match="it needs what 'numbers' returns"):
        ran(chosen, 4, only="when")


def test_from_an_item_on_it_and_all_that_needs_it_run_again(ran):
    ran(chosen, 3)
    made = ran(chosen, 3, regenerate_from="row[1]")  # the others' totals are namesakes of what needs it
    again = {step for step, record in made.steps.items() if record.state == "completed" and not record.items}
    assert again == {"row[0]/add", "row[1]/numbers", "row[1]/add[0]", "row[1]/total", "total"}


def test_cleaning_keeps_what_the_results_of_mapped_calls_are_made_of(ran, tmp_path):
    first = ran(choices, 3)
    ran(choices, 2)
    words = ["clean", "--keep-runs", "2", "--grace", "0s", "-y", "--workspace", str(tmp_path)]
    assert CliRunner().invoke(main, words).exit_code == 0
    assert Run.get(first.id, Workspace.open(tmp_path)).result() == choices(3)


@step
def hold(x: int, folder: str) -> int:
    Path(folder, "holding").touch()
    time.sleep(60)
    return x


@pipeline
def held(folder: str) -> list[int]:
    on_exit(lambda: tell(folder=folder))
    return hold(each([1, 2, 3]), folder)


def test_what_runs_at_the_end_does_so_when_the_run_is_cancelled_from_outside(tmp_path):
    started = threading.Event()
    heard = lambda event: started.set() if isinstance(event, StepStarted) else None  # noqa: E731
    run = Local(jobs=2, display="none", workspace=tmp_path, listeners=[heard]).submit(held, str(tmp_path))
    assert started.wait(20)
    run.cancel("enough")
    assert run.wait(20).state == "cancelled" and (tmp_path / "status").read_text() == "cancelled"
    assert states(run, "hold") == {f"hold[{place}]": "cancelled" for place in range(3)}


class Row:
    """Something that only pickle can store."""

    def __init__(self, number: int) -> None:
        self.number = number


@step
def rows(numbers: list[int]) -> list[Row]:
    return list(map(Row, numbers))


@step
def number(row: Row) -> int:
    return row.number


@pipeline
def rowed(numbers: list[int]) -> list[int]:
    return number(each(rows(numbers)))


def test_of_a_list_of_objects_only_what_is_new_runs(ran):
    ran(rowed, [1, 2, 3])
    made = ran(rowed, [1, 5, 3, 4])
    assert made.result() == [1, 5, 3, 4]
    assert [str(item.state) for item in made.steps["number"].items if item.place is not None] == [
        "reused", "completed", "reused", "completed",
    ]  # fmt: skip

"""What Kubeflow's samples do, written in Penstock: conditions, loops, joins, exit handlers, retries, directories, order."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
from penstock import (
    Local,
    RunFailed,
    RunStatus,
    command_step,
    current_step,
    each,
    on_exit,
    pipeline,
    script_step,
    step,
    when,
)

INLINE = Local(executor="inline", display="none")
LOCAL = Local(jobs=2, display="none")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@step
def flip(side: str) -> str:
    return side


@step
def number(low: int, high: int) -> int:
    return (low + high) // 2


@step
def say(text: str, n: int) -> str:
    return text.format(n)


@pipeline
def coin(side: str, least: int) -> str:
    flipped = flip(side)

    def heads():
        n = number(0, 9)
        return when(n > least, lambda: say("heads and {} > 5!", n), otherwise=lambda: say("heads and {} <= 5!", n))

    def tails():
        n = number(10, 19)
        return when(n > 15, lambda: say("tails and {} > 15!", n), otherwise=lambda: say("tails and {} <= 15!", n))

    return when(flipped == "heads", heads, otherwise=tails)


@pytest.mark.parametrize(
    ("side", "least", "said"),
    [("heads", 3, "heads and 4 > 5!"), ("heads", 5, "heads and 4 <= 5!"), ("tails", 5, "tails and 14 <= 15!")],
)
def test_condition_nested_in_a_condition(side, least, said):
    assert coin(side, least) == INLINE.run(coin, side, least).result() == said


class Point(NamedTuple):
    a: int
    b: int


@step
def concat(a: int, b: int) -> str:
    return f"{a},{b}"


@step
def points() -> list[dict[str, int]]:
    return [{"a": 1, "b": 10}, {"a": 2, "b": 20}]


@step
def show(point: dict[str, int], extra: str) -> str:
    return f"{point['a']}-{point['b']}-{extra}"


def test_loop_over_static_items_is_pythons_own():
    @pipeline
    def loop() -> list[str]:
        return [concat(item["a"], item["b"]) for item in ({"a": 1, "b": 2}, {"a": 3, "b": 4})]

    assert INLINE.run(loop).result() == ["1,2", "3,4"]


def test_loop_over_a_steps_output_with_limited_parallelism():
    @pipeline
    def loop(extra: str = "x") -> list[str]:
        return show(each(points(), limit=1), extra)

    assert LOCAL.run(loop).result() == ["1-10-x", "2-20-x"]


def test_loop_over_a_parameter_with_an_inner_loop():
    @pipeline
    def pairs(a: int, bs: list[int]) -> list[str]:
        return concat(a, each(bs))

    @pipeline
    def loop(rows: list[int], bs: list[int]) -> list[list[str]]:
        return pairs(each(rows), bs)

    assert INLINE.run(loop, [1, 2], [3, 4]).result() == [["1,3", "1,4"], ["2,3", "2,4"]]


def test_parallel_join():
    download = command_step("printf %s {text} > {content}", inputs={"text": str}, outputs={"content": Path})
    echo = command_step("cat {one} {two} > {both}", inputs={"one": Path, "two": Path}, outputs={"both": Path})

    @pipeline
    def join(url1: str, url2: str) -> Path:
        return echo(download(url1), download(url2))

    assert LOCAL.run(join, "a", "b").result().read_text() == "ab"


@step
def fail(message: str) -> int:
    raise RuntimeError(message)


@step
def notify(path: str, status: RunStatus) -> None:
    with Path(path).open("a") as file:
        file.write(f"{status}\n")


@pipeline
def handled(path: str, broken: bool) -> int:
    on_exit(lambda: notify(path))
    return when(broken, lambda: fail("no such bucket"), otherwise=lambda: number(1, 3))


@pytest.mark.parametrize(("broken", "status"), [(True, "failed"), (False, "completed")])
def test_exit_handler_runs_however_it_ended(folder, broken, status):
    Local(executor="inline", display="none", raise_on_failure=False).run(handled, str(folder / "end"), broken)
    assert (folder / "end").read_text() == f"{status}\n"


def test_retry(folder):
    @step(retries=3)
    def flaky(folder: str) -> int:
        tries = Path(folder, f"try-{current_step().attempt}")
        tries.touch()
        if current_step().attempt < 3:
            raise SystemExit(1)
        return current_step().attempt

    run = LOCAL.run(pipeline(lambda folder: flaky(folder)), str(folder))
    assert (run.result(), run.steps["flaky"].attempts) == (3, 3)


def test_output_of_a_directory():
    produce = command_step("for i in 1 2 3; do echo $i > {out}/$i.txt; done", outputs={"out": "files/"})

    @step
    def names(folder: Path) -> list[str]:
        return sorted(path.name for path in folder.iterdir())

    assert LOCAL.run(pipeline(lambda: names(produce()))).result() == ["1.txt", "2.txt", "3.txt"]


def test_execution_order_without_data(folder):
    @step
    def append(line: str, to: str) -> None:
        with Path(to).open("a") as file:
            file.write(line)

    @pipeline
    def order(to: str) -> None:
        first = append("1", to)
        append.after(first)("2", to)

    LOCAL.run(order, str(folder / "log"))
    assert (folder / "log").read_text() == "12"


def test_a_failed_item_of_a_loop_is_named():
    @step
    def invert(x: int) -> float:
        return 1 / x

    with pytest.raises(RunFailed, match=r"1 of 3 items failed: \[1\]"):
        LOCAL.run(pipeline(lambda xs: invert(each(xs))), [1, 0, 2])


def test_xgboost_style_sweep_keeps_the_best():
    @step
    def train(rate: float) -> float:
        return 1 - (rate - 0.3) ** 2

    @step
    def best(scores: list[float], rates: list[float]) -> float:
        return max(zip(scores, rates))[1]

    @pipeline
    def sweep(rates: list[float]) -> float:
        return best(train(each(rates)), rates)

    assert LOCAL.run(sweep, [0.1, 0.3, 0.9]).result() == 0.3

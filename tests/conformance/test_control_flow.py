"""What every executor makes of the same pipeline that depends on values of the run, run once by each to its end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from penstock import Local, Run, RunStatus, current_step, each, on_exit, pipeline, repeat, step, when


class Model:
    """Something that only pickle can store."""

    def __init__(self, depth: int) -> None:
        self.depth = depth


@step
def numbers(n: int) -> list[int]:
    return list(range(n))


@step
def models(n: int) -> dict[str, Model]:
    return {f"depth {depth}": Model(depth) for depth in range(n)}


@step
def files(n: int) -> list[Path]:
    made = [current_step().folder / f"{number}.txt" for number in range(n)]
    for number, path in enumerate(made):
        path.write_text(str(number))
    return made


@step
def arrays(n: int) -> list[np.ndarray]:
    return [np.full(1000, number) for number in range(n)]


@step
def square(x: int) -> int:
    print("squaring", x)
    return x * x


@step
def depth_of(model: Model) -> int:
    return model.depth


@step
def read(path: Path) -> str:
    return path.name + path.read_text()


@step
def mean(array: np.ndarray) -> float:
    return float(array.mean())


@step
def picky(x: int) -> int:
    if x == 1:
        raise ValueError("not one")
    return x


@step
def total(xs: list[int]) -> int:
    return sum(xs)


@step
def tell(status: RunStatus, folder: str) -> None:
    Path(folder, "status").write_text(f"{status} {type(status).__name__}")


@pipeline
def everything(folder: str) -> None:
    on_exit(lambda: tell(folder=folder))
    summed = total(square(each(numbers(4), limit=2)))
    depth_of(each(models(3)))
    read(each(files(2)))
    mean(each(arrays(2)))
    total.options(name="after")(picky(each(numbers(3))))
    chosen = when(summed > 10, lambda: square(summed), otherwise=lambda: square(1))
    repeat(square, chosen, until=lambda state: state > 1000, limit=3)


@pytest.fixture(scope="module", params=["inline", "local", "joblib"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp(request.param)
    local = Local(
        executor=request.param,
        jobs=2,
        workspace=folder,
        display="none",
        raise_on_failure=False,
        continue_on_failure=True,
    )
    return local.run(everything, str(folder))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("square", [0, 1, 4, 9]),
        ("depth_of", {"depth 0": 0, "depth 1": 1, "depth 2": 2}),
        ("read", ["0.txt0", "1.txt1"]),
        ("mean", [0.0, 1.0]),
        ("when", 196),
        ("square-2", 196**2),
    ],
)
def test_a_control_node_gives_what_its_bodies_return(run, name, made):
    assert run.steps[name].result() == made


def test_an_item_has_a_log_of_its_own(run):
    assert run.steps["square[3]"].logs.strip() == "squaring 3"


def test_a_failed_item_stops_neither_the_others_nor_the_run(run):
    assert [str(item.state) for item in run.steps["picky"].items] == ["completed", "failed", "completed"]
    assert run.failures["picky"].message == "1 of 3 items failed: [1] 1"
    assert run.steps["after"].reason == "step 'picky' failed"


def test_a_failed_item_raises_its_own_exception(run):
    assert isinstance(run.failures["picky[1]"].exception, ValueError)


def test_the_end_is_told_how_all_else_ended(run):
    assert Path(run.record.parameters["folder"].strip("'"), "status").read_text() == "failed RunStatus"

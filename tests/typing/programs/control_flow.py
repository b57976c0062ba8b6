"""What depends on values of the run keeps its types too. Each ``# error`` is a line that both type checkers must refuse."""

from pathlib import Path
from typing import assert_type

from penstock import RunStatus, each, on_exit, pipeline, repeat, step, when


@step
def load(path: Path) -> list[float]:
    return []


@step
def train(table: float, kind: str = "linear", rate: float = 0.1) -> int:
    return 1


@step
def evaluate(model: int, table: list[float]) -> float:
    return 0.5


@step
def report(scores: list[float]) -> str:
    return ""


@step
def clean_up(folder: Path, status: RunStatus) -> None: ...


@pipeline
def tune(table: float, rate: float) -> int:
    return train(table, rate=rate)


@pipeline
def compare(path: Path) -> str:
    on_exit(lambda: clean_up(path, RunStatus.COMPLETED))
    table = load(path)
    models = train(each(table), "forest")
    assert_type(models, list[int])
    scores = evaluate(each(models), table)
    assert_type(scores, list[float])
    assert_type(train(1.0, each(["linear", "forest"])), list[int])
    assert_type(train(1.0, "linear", each([0.1, 0.2])), list[int])
    assert_type(tune(each(table), 0.1), list[int])
    report(models)  # error
    best = when(evaluate(1, table) > 0.9, lambda: train(1.0), otherwise=lambda: report(scores))
    assert_type(best, int | str)
    assert_type(when(True, lambda: train(1.0)), int | None)
    assert_type(repeat(lambda state: evaluate(1, [state]), 0.5, until=lambda state: state > 0.9, limit=3), float)
    return report(scores)


train("x")  # error
train(1.0, "forest", "x")  # error
train(1.0, kinds="forest")  # error
train()  # error
each(5)  # error
each([1], limit="many")  # error
when("yes", lambda: 1)  # error
when(True, 5)  # error
repeat(train, 0.5, until=lambda state: state > 0.9, limit="many")  # error
on_exit(5)  # error

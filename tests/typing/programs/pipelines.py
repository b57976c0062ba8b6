"""Pipelines keep the signature of their function. Each ``# error`` is a line that both type checkers must refuse."""

from pathlib import Path
from typing import assert_type

import penstock
from penstock import Local, Run, Static, pipeline, step


@step
def load(path: Path) -> list[float]:
    return []


@step
def split(table: list[float]) -> tuple[list[float], int]:
    return table, 1


@step
def score(count: int) -> float:
    return count / 2


@pipeline
def train(source: Path, rounds: Static[int] = 3) -> float:
    table, count = split(load(source))
    for _ in range(rounds):
        score(table)  # error
    return score(count)


@pipeline
def compare(source: Path) -> dict[str, float]:
    return {"a": train(source), "b": train(source, rounds=2)}


class Trainer:
    @pipeline
    def fit(self, source: Path) -> float:
        return train(source)


def plain(source: Path) -> float:
    return train(source)


assert_type(train(Path("x")), float)
assert_type(train(Path("x"), 5), float)
assert_type(compare(Path("x")), dict[str, float])
assert_type(train.after(1)(Path("x")), float)
assert_type(Trainer().fit(Path("x")), float)
train("x")  # error
train()  # error
train(Path("x"), rounds="many")  # error
train(Path("x"), 1, 2)  # error
train(Path("x"), round=1)  # error
train.after(1)("x")  # error
Trainer().fit()  # error

assert_type(penstock.run(train, Path("x"), rounds=2), Run)
assert_type(penstock.run(plain, Path("x")), Run)
assert_type(penstock.compile(train), str)
penstock.run(5)  # error
Local(jobs="many")  # error

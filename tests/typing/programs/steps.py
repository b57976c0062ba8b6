"""Steps keep the signature of their function. Each ``# error`` is a line that both type checkers must refuse."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, assert_type

from penstock import Resources, Step, step


class Pair(NamedTuple):
    left: int
    right: str


@step
def load(path: Path, limit: int = 10) -> list[float]:
    return [0.0] * limit


@step(retries=3, resources=Resources(gpus=1), hash_paths=["data", Path("more")])
def split(table: Sequence[float], *, share: float = 0.5) -> tuple[list[float], int]:
    return list(table), int(share)


@step
def pair() -> Pair:
    return Pair(1, "a")


@step
async def fetch(url: str) -> bytes:
    return url.encode()


@step()
async def fetch_with_options(url: str) -> bytes:
    return url.encode()


class Model:
    @step
    def fit(self, table: Sequence[float], rate: float = 0.1) -> "Model":
        return self

    @classmethod
    @step
    def named(cls, name: str) -> str:
        return cls.__name__ + name

    @staticmethod
    @step
    def add(x: int, y: int) -> int:
        return x + y


assert_type(load(Path("x")), list[float])
assert_type(load(Path("x"), limit=3), list[float])
load("x")  # error
load()  # error
load(Path("x"), 1, 2)  # error
load(Path("x"), limits=3)  # error

table, size = split([1.0], share=0.2)
assert_type(table, list[float])
assert_type(size, int)
split([1.0], 0.2)  # error
one, two, three = split([1.0])  # error
split(["a"])  # error

assert_type(pair().right, str)
pair().middle  # error

assert_type(fetch("x"), bytes)
assert_type(fetch_with_options("x"), bytes)
fetch(5)  # error
fetch_with_options()  # error

assert_type(Model().fit([1.0]), Model)
assert_type(Model().fit([1.0], rate=0.2), Model)
Model().fit("x", rate="y")  # error
Model().fit()  # error
assert_type(Model.fit(Model(), [1.0]), Model)
assert_type(Model.add(1, 2), int)

assert_type(load.options(name="first", retries=2)(Path("x")), list[float])
assert_type(load.after(1, [2])(Path("x")), list[float])
assert_type(Model().fit.options(retries=1)([1.0]), Model)
load.options(retry=2)  # error
load.options(retries="2")  # error
load.options(resources={"gpus": 1})  # error
load.options(name="first")("x")  # error
step(timeout="1m")  # error

typed: Step[[Path, int], list[float]] = load
wrong: Step[[str], list[float]] = load  # error

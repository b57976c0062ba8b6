"""One task, performed in this process."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import urllib.parse
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import attrs
import pytest
from penstock.compilers.graph import Collection, FunctionRef, Literal
from penstock.runtime.errors import RunError
from penstock.runtime.interruptions import Terminated
from penstock.runtime.invocation import call, invoke, load, split_outputs
from penstock.runtime.resolved import Gathered, Stored
from penstock.runtime.store import LocalStore, encode
from penstock.runtime.whereabouts import Whereabouts
from penstock.runtime.tasks import Completed, Failed, Task


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store")


def task(folder: Path, function: str = "json:dumps", outputs: tuple[str, ...] = ("output",), **inputs: object) -> Task:
    return Task(
        run="r",
        step="s",
        name="s",
        function=FunctionRef(*function.split(":")),
        inputs={name: Literal(value) for name, value in inputs.items()},
        outputs=outputs,
        root=str(folder),
        store=str(folder / "store"),
        run_folder=str(folder / "run"),
    )


@contextlib.contextmanager
def quiet(path: Path) -> Iterator[None]:
    yield


def perform(made: Task) -> Completed | Failed:
    return invoke(made, quiet, lambda event: None)


def test_a_function_is_found_called_and_its_result_described(tmp_path):
    outcome = perform(task(tmp_path, "textwrap:shorten", text="a  b", width=10))
    assert isinstance(outcome, Completed) and outcome.outputs["output"].summary and outcome.duration >= 0


def test_a_function_that_is_not_there_fails_the_step_with_what_to_do(tmp_path):
    failure = perform(task(tmp_path, "no_such_module:f")).failure
    assert failure.kind == "RunError" and "no_such_module:f cannot be imported here" in failure.message


def test_what_is_no_function_fails_the_step(tmp_path):
    assert "is a str, and a step's function was expected" in perform(task(tmp_path, "json:__doc__")).failure.message


@pytest.mark.parametrize("error", [KeyboardInterrupt, Terminated])
def test_what_is_meant_for_the_driver_goes_through(error, tmp_path, monkeypatch):
    def interrupted() -> None:
        raise error

    monkeypatch.setattr("penstock.runtime.invocation.find_function", lambda ref: interrupted)
    with pytest.raises(error):
        perform(task(tmp_path))


def test_a_log_that_cannot_be_written_fails_the_step(tmp_path):
    from penstock.runtime.capture import python_output

    (tmp_path / "run").write_text("a file where a folder should be")
    assert isinstance(invoke(task(tmp_path), python_output, lambda event: None), Failed)


def positional(a: int, /, b: int, *rest: int, c: int = 0, **others: int) -> list[int]:
    return [a, b, *rest, c, *others.values()]


def test_every_kind_of_parameter_is_given_by_name():
    arguments = {"a": 1, "b": 2, "rest": (3, 4), "c": 5, "others": {"d": 6}}
    assert call(positional, arguments) == [1, 2, 3, 4, 5, 6]


async def awaited(n: int) -> int:
    await asyncio.sleep(0)
    return n


def listed(n: int) -> Iterator[int]:
    yield from range(n)


@attrs.define
class Unhashable:
    by: int

    def __call__(self, n: int) -> int:
        return n * self.by


@pytest.mark.parametrize(
    ("function", "result"),
    [(awaited, 3), (listed, [0, 1, 2]), (Unhashable(2), 6), (functools.partial(positional, b=1), [3, 1, 0])],
)
def test_whatever_can_be_called_is(function, result):
    name = "a" if isinstance(function, functools.partial) else "n"
    assert call(function, {name: 3}) == result


@pytest.mark.parametrize(
    ("outputs", "result", "parts"),
    [
        ((), "ignored", {}),
        (("output",), (1, 2), {"output": (1, 2)}),
        (("a", "b"), (1, 2), {"a": 1, "b": 2}),
        (("a", "b"), [1, 2], {"a": 1, "b": 2}),
        (("a", "b"), {"b": 2, "a": 1}, {"a": 1, "b": 2}),
    ],
)
def test_a_result_is_split_by_the_outputs(outputs, result, parts, tmp_path):
    assert split_outputs(task(tmp_path, outputs=outputs), result) == parts


@pytest.mark.parametrize(
    ("result", "told"), [((1, 2, 3), "tuple of length 3"), (5, "an? int"), ({"a": 1}, "dict"), ("ab", "str")]
)
def test_a_result_that_does_not_fit_is_told(result, told, tmp_path):
    with pytest.raises(RunError, match=rf"s\(\) is annotated to return 2 outputs \(a, b\), and returned .*{told}"):
        split_outputs(task(tmp_path, outputs=("a", "b")), result)


def test_plain_values_are_copied_and_their_paths_made_absolute(store):
    value = {"files": [Path("a.csv"), Path("/b.csv")], "day": date(2026, 1, 1), "pair": (1, {2})}
    loaded = load(Literal(value), store, Whereabouts(Path("/project")))
    assert loaded == value | {"files": [Path("/project/a.csv"), Path("/b.csv")]}
    assert loaded is not value and loaded["pair"][1] is not value["pair"][1]


def test_an_item_of_a_stored_value_is_selected(store):
    stored = Stored(encode({"a": [10, 20]}, store), ("a", 1))
    assert load(stored, store, Whereabouts(Path("/"))) == 20


@pytest.mark.parametrize("path", [("b",), ("a", 5), ("a", "x")])
def test_an_item_that_is_not_there_is_named(path, store):
    with pytest.raises(RunError, match=f"selects the item {path[-1]!r}"):
        load(Stored(encode({"a": [10, 20]}, store), path), store, Whereabouts(Path("/")))


@pytest.mark.parametrize(
    ("kind", "keys", "expected"),
    [("list", (), [1, 2]), ("tuple", (), (1, 2)), ("set", (), {1, 2}), ("dict", ("x", 3), {"x": 1, 3: 2})],
)
def test_collections_are_put_together(kind, keys, expected, store):
    shape = Collection(kind, (Literal(1), Literal(2)), keys)
    assert load(Gathered(shape, shape.items), store, Whereabouts(Path("/"))) == expected


def named(store: LocalStore, type_ref: str, *fields: str) -> object:
    shape = Collection("namedtuple", tuple(Literal(index) for index, _ in enumerate(fields)), fields, type_ref)
    return load(Gathered(shape, shape.items), store, Whereabouts(Path("/")))


def test_a_named_tuple_whose_class_is_gone_keeps_its_fields(store):
    made = named(store, "gone_module:Outer.Pair", "left", "right")
    assert (made.left, made.right, type(made).__name__) == (0, 1, "Pair")


def test_a_named_tuple_is_of_its_own_class_where_that_can_be_imported(store):
    made = named(store, "urllib.parse:DefragResult", "url", "fragment")
    assert type(made) is urllib.parse.DefragResult

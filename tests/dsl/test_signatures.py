"""Signatures: what goes in and what comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, NewType, NotRequired, Optional, TypedDict

import pytest

from penstock import Static
from penstock.dsl.signatures import NO_DEFAULT, evaluate, item_hint, read_signature, type_name

if TYPE_CHECKING:
    from nowhere import Missing


class Pair(NamedTuple):
    train: int
    test: str


class Scores(TypedDict):
    rmse: float
    names: list[str]


class Loose(TypedDict):
    rmse: float
    note: NotRequired[str]


Metres = NewType("Metres", float)


def outputs(function: Callable[..., object]) -> Any:
    return read_signature(function, function.__name__).outputs


def test_none_has_no_output():
    def f() -> None: ...

    assert (outputs(f).kind, outputs(f).names) == ("none", ())


def test_a_type_is_one_output():
    def f() -> int: ...

    assert (outputs(f).kind, outputs(f).names, outputs(f).hints) == ("one", ("output",), (int,))


def test_no_annotation_is_one_output_of_unknown_type():
    def f(): ...

    assert (outputs(f).kind, outputs(f).hints) == ("one", (Any,))


def test_a_tuple_is_several_outputs():
    def f() -> tuple[int, str]: ...

    assert (outputs(f).kind, outputs(f).names, outputs(f).hints) == ("tuple", ("output_0", "output_1"), (int, str))


def test_a_tuple_of_one_is_one_output_in_a_tuple():
    def f() -> tuple[int]: ...

    assert (outputs(f).kind, outputs(f).names) == ("tuple", ("output_0",))


@pytest.mark.parametrize("text", ["tuple[int, ...]", "tuple", "tuple[()]", "list[int]"])
def test_a_tuple_of_unknown_length_is_one_output(text):
    def f(): ...

    f.__annotations__["return"] = text
    assert outputs(f).kind == "one"


def test_a_namedtuple_names_its_outputs():
    def f() -> Pair: ...

    assert (outputs(f).kind, outputs(f).names, outputs(f).hints) == ("namedtuple", ("train", "test"), (int, str))
    assert outputs(f).container is Pair


def test_a_typeddict_names_its_outputs():
    def f() -> Scores: ...

    assert (outputs(f).kind, outputs(f).names, outputs(f).hints) == (
        "typeddict", ("rmse", "names"), (float, list[str])
    )  # fmt: skip


def test_a_typeddict_with_keys_that_may_lack_is_one_output():
    def f() -> Loose: ...

    assert outputs(f).kind == "one"


def test_a_path_is_one_output():
    def f() -> Path: ...

    assert outputs(f).hints == (Path,)


def test_annotated_is_looked_through():
    def f() -> Annotated[tuple[int, str], "two"]: ...

    assert outputs(f).kind == "tuple"


def test_a_generator_makes_a_list():
    def f() -> Iterator[int]:
        yield 1

    assert outputs(f).hints == (list[int],)


def test_a_generator_without_annotation_makes_a_list():
    def f():
        yield 1

    assert outputs(f).hints == (list,)


def test_a_name_that_is_not_there_at_run_time_is_unknown():
    def f(x: Missing, y: int) -> Missing: ...

    signature = read_signature(f, "f")
    assert signature.inputs["x"].hint is Any
    assert signature.inputs["y"].hint is int
    assert signature.outputs.hints == (Any,)


def test_a_class_of_the_enclosing_function_is_found_when_the_function_uses_it():
    class Local: ...

    def f(x: Local) -> Local:
        return Local()

    assert read_signature(f, "f").inputs["x"].hint is Local


def test_a_default_without_annotation_gives_the_type():
    def f(x=0.5, y=None): ...

    inputs = read_signature(f, "f").inputs
    assert inputs["x"].hint is float
    assert inputs["y"].hint is Any


def test_a_default_of_none_admits_none():
    def f(x: int = None, y: list[int] = None): ...

    inputs = read_signature(f, "f").inputs
    assert inputs["x"].hint == Optional[int]
    assert inputs["y"].hint == Optional[list[int]]


def test_static_marks_a_parameter_and_keeps_its_type():
    def f(x: Static[int], y: int = 2): ...

    inputs = read_signature(f, "f").inputs
    assert (inputs["x"].static, inputs["x"].hint, inputs["x"].required) == (True, int, True)
    assert (inputs["y"].static, inputs["y"].default, inputs["y"].required) == (False, 2, False)


def test_variable_arguments_are_a_tuple_and_a_dict():
    def f(*xs: int, **ys: str): ...

    inputs = read_signature(f, "f").inputs
    assert (inputs["xs"].hint, inputs["xs"].default) == (tuple[int, ...], ())
    assert (inputs["ys"].hint, inputs["ys"].default) == (dict[str, str], {})


def test_a_required_input_has_no_default():
    def f(x): ...

    assert read_signature(f, "f").inputs["x"].default is NO_DEFAULT


@pytest.mark.parametrize("annotation", ["1 +", "list[", 5, "5", "nothing.at.all"])
def test_an_annotation_that_is_no_type_never_fails(annotation):
    evaluate(annotation, {})


@pytest.mark.parametrize(
    ("hint", "key", "expected"),
    [
        (dict[str, int], "a", int),
        (Mapping[str, list[int]], "a", list[int]),
        (list[str], 0, str),
        (Sequence[str], -1, str),
        (tuple[int, str], 1, str),
        (tuple[int, str], -2, int),
        (tuple[int, str], 2, Any),
        (tuple[int, ...], 7, int),
        (Scores, "rmse", float),
        (Scores, "other", Any),
        (dict, "a", Any),
        (int | None, 0, Any),
        (Any, 0, Any),
    ],
)
def test_an_item_has_the_type_that_its_container_says(hint, key, expected):
    assert item_hint(hint, key) == expected


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (Any, "Any"),
        (int | None, "int | None"),
        (Optional[int], "int | None"),
        (list[dict[str, Pair]], "list[dict[str, Pair]]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Literal["a", 1], "Literal['a', 1]"),
        (Callable[[int], str], "Callable[[int], str]"),
        (Callable[..., str], "Callable[..., str]"),
        (Metres, "Metres"),
        (Scores, "Scores"),
    ],
)
def test_a_type_is_written_as_people_write_it(hint, text):
    assert type_name(hint) == text

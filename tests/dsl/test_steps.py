"""Steps: plain functions outside a pipeline, promises inside."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from penstock import DefinitionError, Promise, Resources, pipeline, step
from penstock.dsl import Step, record


@step
def double(x: int) -> int:
    """Return twice a number."""
    return 2 * x


@step
def describe(first: int, /, *rest: int, unit: str = "m", **notes: str) -> str:
    return f"{first}{rest}{unit}{notes}"


def logged(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: object, **kwargs: object) -> object:
        return ("logged", function(*args, **kwargs))

    return wrapper


class Scale:
    def __init__(self, factor: int) -> None:
        self.factor = factor

    @step
    def apply(self, x: int) -> int:
        return self.factor * x

    @classmethod
    @step
    def name(cls, suffix: str) -> str:
        return cls.__name__ + suffix

    @staticmethod
    @step
    def add(x: int, y: int) -> int:
        return x + y

    def __call__(self, x: int) -> int:
        return self.factor * x


def recorded(body: Callable[[], object]) -> Any:
    return record(pipeline(body), {})


def test_a_step_outside_a_pipeline_is_the_function():
    assert double(4) == 8
    assert double(x=4) == 8


def test_a_step_inside_a_pipeline_gives_a_promise_and_runs_nothing():
    ran = []

    @step
    def note() -> int:
        ran.append(1)
        return 1

    recording = recorded(lambda: note())
    assert isinstance(recording.result, Promise)
    assert ran == []


def test_a_step_keeps_name_module_docstring_and_signature():
    assert (double.__name__, double.__module__) == (double.function.__name__, __name__)
    assert inspect.getdoc(double) == "Return twice a number."
    assert str(inspect.signature(double)) == "(x: 'int') -> 'int'"
    assert repr(double) == f"<step {__name__}.double>"


def test_a_method_is_a_step_whose_first_input_is_the_object():
    scale = Scale(3)
    assert scale.apply(2) == 6
    call = recorded(lambda: scale.apply(2)).calls[0]
    assert dict(call.arguments) == {"self": scale, "x": 2}
    assert list(inspect.signature(scale.apply).parameters) == ["x"]


def test_a_method_called_on_the_class_takes_the_object():
    assert Scale.apply(Scale(3), 2) == 6


def test_a_method_keeps_its_object_through_options_and_after():
    assert Scale(3).apply.options(name="thrice").after()(2) == 6


def test_a_classmethod_above_step_binds_the_class():
    assert Scale.name("!") == "Scale!"
    assert dict(recorded(lambda: Scale.name("!")).calls[0].arguments) == {"cls": Scale, "suffix": "!"}


def test_a_staticmethod_above_step_binds_nothing():
    assert Scale.add(1, 2) == Scale(9).add(1, 2) == 3
    assert dict(recorded(lambda: Scale(9).add(1, 2)).calls[0].arguments) == {"x": 1, "y": 2}


def test_a_partial_is_a_step_named_after_its_function():
    triple = step(functools.partial(lambda factor, x: factor * x, 3))
    assert triple(2) == 6
    assert step(functools.partial(double.function, 4)).name == "double"


def test_a_lambda_is_a_step():
    identity = step(lambda x: x)
    assert identity(5) == 5
    assert identity.name == "lambda"


def test_a_callable_object_is_a_step_named_after_its_class():
    scale = step(Scale(5))
    assert scale(2) == 10
    assert scale.name == "Scale"
    assert dict(recorded(lambda: scale(2)).calls[0].arguments) == {"x": 2}


def test_a_callable_object_may_have_an_attribute_called_func():
    class Apply:
        func = "mean"

        def __call__(self, x: int) -> int:
            return x

    assert step(Apply())(1) == 1


def test_a_decorated_function_is_a_step_with_the_inner_signature():
    @step
    @logged
    def half(x: float) -> float:
        return x / 2

    assert half(4) == ("logged", 2)
    assert half.name == "half"
    assert half.signature.inputs["x"].hint is float


def test_positional_only_keyword_only_and_variable_arguments_are_bound():
    assert describe(1, 2, 3, unit="km", note="far") == "1(2, 3)km{'note': 'far'}"
    call = recorded(lambda: describe(1, 2, 3, unit="km", note="far")).calls[0]
    assert dict(call.arguments) == {"first": 1, "rest": (2, 3), "unit": "km", "notes": {"note": "far"}}


def test_defaults_are_filled_in_where_the_call_is_recorded():
    call = recorded(lambda: describe(1)).calls[0]
    assert dict(call.arguments) == {"first": 1, "rest": (), "unit": "m", "notes": {}}


def test_an_async_step_outside_a_pipeline_is_run_to_its_end():
    @step
    async def fetch(x: int) -> int:
        await asyncio.sleep(0)
        return x + 1

    assert fetch(1) == 2
    assert isinstance(recorded(lambda: fetch(1)).result, Promise)


def test_an_async_step_works_inside_a_running_event_loop_and_sees_its_context():
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")

    @step
    async def read() -> str:
        await asyncio.sleep(0)
        return variable.get()

    async def main() -> str:
        variable.set("seen")
        return read()

    assert asyncio.run(main()) == "seen"


def test_an_async_step_that_raises_raises_inside_a_running_event_loop_too():
    @step
    async def fail() -> None:
        raise LookupError("gone")

    async def main() -> None:
        fail()

    with pytest.raises(LookupError, match="gone"):
        asyncio.run(main())


def test_what_a_generator_step_yields_is_listed():
    @step
    def count(limit: int) -> Iterator[int]:
        yield from range(limit)

    assert count(3) == [0, 1, 2]
    assert recorded(lambda: count(3)).result._origin.hint == list[int]


def test_an_async_generator_is_refused():
    with pytest.raises(DefinitionError, match="return a list instead of yielding"):

        @step
        async def count() -> AsyncIterator[int]:
            yield 1


def test_options_make_a_new_step_and_leave_the_old_one():
    other = double.options(name="twice", retries=2, resources=Resources(gpus=1))
    assert (other.name, other.settings.retries.times, other.settings.resources.gpus) == ("twice", 2, 1)
    assert (double.name, double.settings.retries.times, double.settings.resources) == ("double", 0, None)
    assert other(4) == 8


def test_options_add_to_earlier_options():
    changed = double.options(retries=2).options(tags={"a": "b"})
    assert changed.settings.retries.times == 2
    assert changed.settings.tags == {"a": "b"}


def test_step_with_options_decorates():
    @step(name="renamed", retries=1)
    def f() -> int:
        return 1

    assert isinstance(f, Step)
    assert (f.name, f.settings.retries.times, f()) == ("renamed", 1, 1)


def test_after_outside_a_pipeline_calls_through():
    assert double.after(1, None, [2])(4) == 8


def test_after_is_recorded_and_adds_up():
    def body() -> object:
        first, second = double(1), double(2)
        return double.after(first).after([second])(3)

    last = recorded(body).calls[-1]
    assert len(last.after) == 2


def test_an_option_does_not_read_the_signature_again():
    signature = double.signature
    assert double.options(retries=1).signature is signature


def test_a_step_called_by_a_step_is_plain_python():
    @step
    def quadruple(x: int) -> int:
        return double(double(x))

    assert quadruple(1) == 4
    assert len(recorded(lambda: quadruple(1)).calls) == 1

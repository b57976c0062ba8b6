"""Misuse: each is refused at the user's own line, with what to write instead.

The line at fault in each body carries the mark ``# <-``; the helpers look it up and expect it in the message.
"""

from __future__ import annotations

import copy
import inspect
import operator
import pickle
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import penstock
from penstock import (
    DefinitionError,
    PenstockError,
    PromiseUsedAsValue,
    RecordingError,
    Static,
    TypeMismatch,
    each,
    on_exit,
    pipeline,
    repeat,
    step,
    when,
)
from penstock.compilers.lowering import compile_pipeline


class Pair(NamedTuple):
    left: int
    right: int


@step
def number() -> int: ...
@step
def text() -> str: ...
@step
def anything(): ...
@step
def table() -> list[int]: ...
@step
def both() -> tuple[int, int]: ...
@step
def named() -> Pair: ...
@step
def use(x: int, scale: float = 1.0) -> int: ...
@step
def use_all(xs: list[int]) -> int: ...
@step
def effect() -> None: ...
@step
def shout(x: str) -> str: ...
@step
def worded(x: int) -> str: ...


@pipeline
def repeated(rounds: Static[int]) -> object:
    return [number() for _ in range(rounds)]


@pipeline
def inner(x: int) -> object:
    return use(x)


def marked_line(function: Callable[..., object]) -> int:
    """Return the number of the first line in a function that is marked with ``# <-``."""
    lines, first = inspect.getsourcelines(function)
    return first + next(index for index, line in enumerate(lines) if line.rstrip().endswith("# <-"))


def refused(error: type[PenstockError], *words: str) -> Callable[[Callable[..., object]], None]:
    """Compile a body, and expect the error at its marked line with some words in it."""

    def check(body: Callable[..., object]) -> None:
        with pytest.raises(error) as caught:
            compile_pipeline(body)
        assert type(caught.value) is error
        expect(caught.value, marked_line(body), *words)

    return check


def expect(error: PenstockError, line: int, *words: str) -> None:
    """Expect a message that starts with a line of this file and holds some words."""
    message = str(error)
    assert message.partition(": ")[0].endswith(f"{Path(__file__).name}:{line}")
    for word in words:
        assert word in message


# A promise used as if it were the value


def test_if():
    @refused(PromiseUsedAsValue, "number(), called at", "used as a condition (`if`", "Decide inside a step")
    def body():
        if number():  # <-
            return number()


def test_while():
    @refused(PromiseUsedAsValue, "used as a condition", "Decide inside a step")
    def body():
        while number():  # <-
            pass


def test_and():
    @refused(PromiseUsedAsValue, "`and`", "Decide inside a step")
    def body():
        return number() and text()  # <-


def test_or():
    @refused(PromiseUsedAsValue, "`or`", "Decide inside a step")
    def body():
        return number() or text()  # <-


def test_not():
    @refused(PromiseUsedAsValue, "`not`", "Decide inside a step")
    def body():
        return not number()  # <-


def test_for():
    @refused(PromiseUsedAsValue, "iterated over", "loop over a plain list and call the step in the loop")
    def body():
        for _ in table():  # <-
            number()


def test_unpacking_an_output_of_unknown_length():
    @refused(PromiseUsedAsValue, "unpacking", "annotate the step `-> tuple[A, B]`")
    def body():
        a, _b = table()  # <-
        return a


def test_async_for():
    @refused(PromiseUsedAsValue, "`async for`", "Loop inside a step")
    def body():
        async def loop():
            async for _ in table():  # <-
                pass

        loop().send(None)


def test_next():
    @refused(PromiseUsedAsValue, "next()", "Loop inside a step")
    def body():
        return next(table())  # <-


def test_reversed():
    @refused(PromiseUsedAsValue, "reversed()", "Loop inside a step")
    def body():
        return reversed(table())  # <-


def test_len():
    @refused(PromiseUsedAsValue, "measured with len()", "Return the length from a step")
    def body():
        return len(table())  # <-


def test_in():
    @refused(PromiseUsedAsValue, "searched with `in`", "Decide inside a step")
    def body():
        return 1 in table()  # <-


@pytest.mark.parametrize("convert", [int, float, complex, bytes])
def test_converting(convert):
    @refused(PromiseUsedAsValue, f"converted with {convert.__name__}()", "Put this code into a step")
    def body():
        return convert(number())  # <-


def test_str():
    @refused(PromiseUsedAsValue, "converted to text", "Format inside a step")
    def body():
        return str(number())  # <-


def test_print():
    @refused(PromiseUsedAsValue, "print()", "repr(promise) describes the promise itself")
    def body():
        print(number())  # <-


def test_f_string():
    @refused(PromiseUsedAsValue, "formatted (an f-string", "Format inside a step")
    def body():
        return f"{number()}"  # <-


ARITHMETIC = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "//": operator.floordiv,
    "%": operator.mod, "**": operator.pow, "@": operator.matmul, "<<": operator.lshift, ">>": operator.rshift,
    "&": operator.and_, "|": operator.or_, "^": operator.xor, "divmod()": divmod,
}  # fmt: skip


@pytest.mark.parametrize("sign", ARITHMETIC)
def test_arithmetic(sign):
    @refused(PromiseUsedAsValue, f"used in arithmetic ({sign})", "Put this code into a step")
    def body():
        return ARITHMETIC[sign](number(), 2)  # <-


@pytest.mark.parametrize("sign", ARITHMETIC)
def test_arithmetic_from_the_right(sign):
    @refused(PromiseUsedAsValue, f"used in arithmetic ({sign})", "Put this code into a step")
    def body():
        return ARITHMETIC[sign](2, number())  # <-


@pytest.mark.parametrize("function", [operator.neg, operator.pos, operator.invert, abs, round])
def test_unary_arithmetic(function):
    @refused(PromiseUsedAsValue, "used in arithmetic", "Put this code into a step")
    def body():
        return function(number())  # <-


def test_arithmetic_in_place():
    @refused(PromiseUsedAsValue, "used in arithmetic (+)", "Put this code into a step")
    def body():
        total = number()
        total += 1  # <-
        return total


@pytest.mark.parametrize("compare", [operator.lt, operator.le, operator.gt, operator.ge])
def test_comparing_what_has_no_order(compare):
    @refused(PromiseUsedAsValue, "compared (", "There is no order between int and str")
    def body():
        return compare(number(), "two")  # <-


def test_comparing_two_promises_that_have_no_order():
    @refused(PromiseUsedAsValue, "compared (<)", "There is no order between str and int")
    def body():
        return use(text() < number())  # <-


def test_a_chained_comparison():
    @refused(PromiseUsedAsValue, "the comparison (>) with 0", "used as a condition", "`(a < b) & (b < c)`")
    def body():
        return use(0 < number() < 3)  # <-


def test_in_a_list_of_plain_values():
    @refused(PromiseUsedAsValue, "used as a condition", "combine conditions with `&`, `|` and `~`")
    def body():
        return number() in [1, 2]  # <-


def test_an_unknown_attribute():
    @refused(
        PromiseUsedAsValue, "asked for its attribute 'mean'", "Write a step that takes it and returns `value.mean`"
    )
    def body():
        return anything().mean()  # <-


def test_calling():
    @refused(PromiseUsedAsValue, "was called", "Put this code into a step")
    def body():
        return anything()(3)  # <-


def test_with():
    @refused(PromiseUsedAsValue, "used in `with`", "Put this code into a step")
    def body():
        with anything():  # <-
            pass


def test_async_with():
    @refused(PromiseUsedAsValue, "used in `async with`", "Put this code into a step")
    def body():
        async def enter():
            async with anything():  # <-
                pass

        enter().send(None)


def test_await():
    @refused(PromiseUsedAsValue, "awaited", "drop the `await`")
    def body():
        async def wait():
            await anything()  # <-

        wait().send(None)


def test_setting_an_item():
    @refused(PromiseUsedAsValue, "item set", "another step that returns the changed value")
    def body():
        anything()["a"] = 1  # <-


def test_deleting_an_item():
    @refused(PromiseUsedAsValue, "item deleted", "another step that returns the changed value")
    def body():
        del anything()["a"]  # <-


def test_setting_an_attribute():
    @refused(PromiseUsedAsValue, "attribute set", "another step that returns the changed value")
    def body():
        anything().alpha = 1  # <-


def test_deleting_an_attribute():
    @refused(PromiseUsedAsValue, "attribute deleted", "another step that returns the changed value")
    def body():
        del anything().alpha  # <-


def test_indexing_an_int():
    @refused(PromiseUsedAsValue, "indexed with ['a']", "It is a int, which has no items")
    def body():
        return number()["a"]  # <-


def test_selecting_by_a_slice():
    @refused(PromiseUsedAsValue, "selected by slice(1, None, None)", "do it in a step")
    def body():
        return table()[1:]  # <-


def test_using_it_as_an_index():
    @refused(PromiseUsedAsValue, "used as a whole number", "Put this code into a step")
    def body():
        return ["a", "b"][number()]  # <-


def test_range():
    @refused(PromiseUsedAsValue, "`range()`", "Put this code into a step")
    def body():
        return [use(i) for i in range(number())]  # <-


def test_open():
    @refused(PromiseUsedAsValue, "opened as a path", "Open it inside a step whose parameter is annotated `Path`")
    def body():
        with open(text()) as file:  # <-
            return file


def test_making_a_path_of_it():
    @refused(PromiseUsedAsValue, "opened as a path", "Open it inside a step")
    def body():
        return Path(text())  # <-


def test_a_numpy_function_written_in_c():
    @refused(PromiseUsedAsValue, "used in a NumPy function", "Put this code into a step")
    def body():
        return np.sqrt(number())  # <-


def test_a_numpy_function_written_in_python():
    @refused(PromiseUsedAsValue, "asked for its attribute 'mean'", "Write a step")
    def body():
        return np.mean(anything())  # <-


def test_a_numpy_array():
    @refused(PromiseUsedAsValue, "converted to an array", "Put this code into a step")
    def body():
        return np.asarray(anything())  # <-


def test_numpy_arithmetic():
    @refused(PromiseUsedAsValue, "used in a NumPy function", "Put this code into a step")
    def body():
        return np.ones(3) * anything()  # <-


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, pickle.dumps])
def test_copying_and_pickling(duplicate):
    @refused(PromiseUsedAsValue, "copied or pickled", "Pass it to a step as an argument of its own")
    def body():
        return duplicate(anything())  # <-


def test_a_parameter_says_how_to_make_it_plain():
    @refused(PromiseUsedAsValue, "the parameter rounds of pipeline 'body'", "or annotate `rounds: Static[int]`")
    def body(rounds: int):
        return [number() for _ in range(rounds)]  # <-


# Calls that cannot be bound


def test_a_missing_argument_of_a_step():
    @refused(DefinitionError, "use(): missing a required argument: 'x'. It is use(x: int, scale: float = 1.0)")
    def body():
        return use()  # <-


def test_an_extra_argument_of_a_step():
    @refused(DefinitionError, "number(): too many positional arguments. It is number()")
    def body():
        return number(1)  # <-


def test_a_misspelt_argument_of_a_step():
    @refused(DefinitionError, "use(): got an unexpected keyword argument 'skale'; did you mean 'scale'?")
    def body():
        return use(1, skale=2)  # <-


def test_a_missing_argument_of_a_nested_pipeline():
    @refused(DefinitionError, "inner(): missing a required argument: 'x'")
    def body():
        return inner()  # <-


def test_an_extra_argument_of_a_nested_pipeline():
    @refused(DefinitionError, "inner(): too many positional arguments")
    def body():
        return inner(1, 2)  # <-


def test_a_misspelt_argument_of_a_run():
    def launch():
        compile_pipeline(inner, (), {"y": 1})  # <-

    with pytest.raises(DefinitionError) as caught:
        launch()
    expect(caught.value, marked_line(launch), "inner(): got an unexpected keyword argument 'y'", "It is inner(x: int)")


def test_an_extra_argument_of_a_run():
    def launch():
        penstock.run(inner, 1, 2)  # <-

    with pytest.raises(DefinitionError) as caught:
        launch()
    expect(caught.value, marked_line(launch), "inner(): too many positional arguments")


# Types that do not fit


def test_a_plain_value_of_the_wrong_type():
    @refused(TypeMismatch, "the argument 'x' of use() must be int, and is given 'three' (str)")
    def body():
        return use("three")  # <-


def test_a_wrong_item_in_a_plain_list():
    @refused(TypeMismatch, "the argument 'xs' of use_all() must be list[int], and is given", "(list)")
    def body():
        return use_all([*range(100), "x"])  # <-


def test_the_output_of_another_step_names_both_steps_and_both_lines():
    @refused(
        TypeMismatch,
        "the argument 'x' of use() must be int, and is given str",
        "it comes from text(), called at",
        f"test_misuse.py:{text.function.__code__.co_firstlineno}",
        "use is defined at",
        f"test_misuse.py:{use.function.__code__.co_firstlineno}",
    )
    def body():
        word = text()
        return use(word)  # <-


def test_a_promise_of_the_wrong_type_in_a_list():
    @refused(TypeMismatch, "item 1 of the argument 'xs' of use_all() must be int, and is given str")
    def body():
        return use_all([number(), text()])  # <-


def test_a_list_of_promises_where_one_value_is_asked_for():
    @refused(TypeMismatch, "the argument 'x' of use() must be int, and is given a list of promises")
    def body():
        return use([number()])  # <-


def test_a_parameter_of_the_wrong_type():
    @refused(TypeMismatch, "must be int, and is given str", "it comes from the parameter word of pipeline 'body'")
    def body(word: str):
        return use(word)  # <-


def test_a_wrong_argument_of_a_nested_pipeline():
    @refused(TypeMismatch, "the argument 'x' of inner() must be int, and is given 'three' (str)")
    def body():
        return inner("three")  # <-


def test_a_wrong_argument_of_a_run():
    def launch():
        penstock.run(inner, "three")  # <-

    with pytest.raises(TypeMismatch) as caught:
        launch()
    expect(caught.value, marked_line(launch), "the parameter 'x' of inner() must be int, and is given 'three' (str)")


def test_a_wrong_default_of_a_pipeline():
    @refused(TypeMismatch, "the default of 'x' in body() must be int, and is 'three' (str)")  # <-
    def body(x: int = "three"):
        return use(x)


def test_a_wrong_default_of_a_step():
    @step
    def wrong(x: int = "three") -> int: ...

    @refused(TypeMismatch, "the argument 'x' of wrong() must be int, and is given 'three' (str)")
    def body():
        return wrong()  # <-


def test_a_wrong_static_default_of_a_pipeline():
    @refused(TypeMismatch, "the default of 'x' in body() must be int, and is 'three' (str)")  # <-
    def body(x: Static[int] = "three"):
        return number()


# Promises that leak, and pipelines that make nothing


def leak() -> Any:
    kept = []
    compile_pipeline(lambda: kept.append(number()) or kept[0])
    return kept[0]


def test_a_promise_of_another_pipeline():
    other = leak()

    @refused(RecordingError, "is used outside the recording of pipeline 'pipeline'", "pass real values")
    def body():
        return use(other)  # <-


def test_a_promise_of_another_pipeline_inside_a_list():
    other = leak()

    @refused(RecordingError, "is used outside the recording of pipeline 'pipeline'")
    def body():
        return use_all([other])  # <-


def test_a_promise_of_another_pipeline_in_after():
    other = leak()

    @refused(RecordingError, "is used outside the recording of pipeline 'pipeline'")
    def body():
        return use.after(other)(1)  # <-


def test_a_promise_outside_any_pipeline():
    def plain():
        use(leak())  # <-

    with pytest.raises(RecordingError) as caught:
        plain()
    expect(caught.value, marked_line(plain), "is used outside the recording", "pass real values")


def test_a_promise_in_a_list_outside_any_pipeline():
    def plain():
        use_all([1, leak()])  # <-

    with pytest.raises(RecordingError) as caught:
        plain()
    expect(caught.value, marked_line(plain), "is used outside the recording")


def test_a_promise_given_to_a_run():
    def launch():
        compile_pipeline(inner, (leak(),))  # <-

    with pytest.raises(RecordingError) as caught:
        launch()
    expect(caught.value, marked_line(launch), "is used outside the recording")


def test_a_pipeline_without_steps():
    @refused(RecordingError, "calls no step", "a function decorated with @step")  # <-
    def body():
        return 5


def test_a_pipeline_whose_results_nobody_can_use():
    @refused(
        RecordingError, "returns nothing, so nobody can use what number() makes", "return it, or annotate number()"
    )
    def body():
        text()
        number()  # <-


def test_a_pipeline_that_returns_a_plain_constant():
    @refused(RecordingError, "returns 5 (int), which no step made", "return a step's result")  # <-
    def body():
        number()
        return 5


def test_recursion_without_end():
    @pipeline
    def endless(x: int):
        return again(use(x))

    @pipeline
    def again(x: int):
        return endless(x)

    with pytest.raises(RecordingError) as caught:
        compile_pipeline(endless)
    assert "calls itself without end (again -> endless)" in str(caught.value)
    assert "give the recursion an end over plain values" in str(caught.value)
    assert "test_misuse.py:" in str(caught.value).partition(": ")[0]


def test_one_name_for_two_calls():
    @refused(RecordingError, "the name 'first' is given to two calls, here and at", "name each call differently")
    def body():
        first = number.options(name="first")()
        return first, number.options(name="first")()  # <-


def test_one_name_for_two_calls_names_both_lines():
    def body():
        first = number.options(name="first")()  # <-
        return first, number.options(name="first")()

    with pytest.raises(RecordingError) as caught:
        compile_pipeline(body)
    line = marked_line(body)
    expect(caught.value, line + 1, f"test_misuse.py:{line};")


def test_a_static_parameter_without_a_value():
    def launch():
        compile_pipeline(sweep)  # <-

    def sweep(rounds: Static[int]):
        return [number() for _ in range(rounds)]

    with pytest.raises(DefinitionError) as caught:
        launch()
    expect(caught.value, marked_line(launch), "sweep() needs a value for 'rounds', which is annotated Static")


def test_a_promise_for_a_static_parameter():
    @pipeline
    def sweep(rounds: Static[int]):
        return [number() for _ in range(rounds)]

    @refused(DefinitionError, "sweep() needs a plain value for 'rounds', which is annotated Static")
    def body():
        return sweep(number())  # <-


def test_after_a_step_that_was_not_called():
    @refused(DefinitionError, "waits for nothing, since that was not called", "`use.after(done)`")
    def body():
        return use.after(effect)(1)  # <-


def test_after_a_pipeline_that_was_not_called():
    @refused(DefinitionError, "waits for nothing", "`inner.after(done)`")
    def body():
        return inner.after(inner)(1)  # <-


def test_a_pipeline_with_variable_arguments():
    def launch():
        compile_pipeline(lambda *xs: use_all(xs))  # <-

    with pytest.raises(DefinitionError) as caught:
        launch()
    expect(caught.value, marked_line(launch), "takes `*xs`", "`xs: Static[list]`")


def test_a_dict_of_promises_with_keys_that_no_document_can_hold():
    @refused(RecordingError, "its keys must be plain values such as text")
    def body():
        return step(lambda x: x)({object(): number()})  # <-


def test_running_a_pipeline_inside_a_pipeline():
    @refused(RecordingError, "pipeline 'inner' cannot be compiled or run inside another pipeline; call it instead")
    def body():
        return penstock.run(inner, 1)  # <-


def test_compiling_a_pipeline_inside_a_pipeline():
    @refused(RecordingError, "pipeline 'inner' cannot be compiled or run inside another pipeline; call it instead")
    def body():
        return penstock.compile(inner)  # <-


def test_any_other_error_carries_the_line_and_the_cause():
    def body():
        a, _b, _c = both()  # <-
        return a

    with pytest.raises(RecordingError) as caught:
        compile_pipeline(body)
    expect(
        caught.value, marked_line(body), "pipeline 'body' failed while it was recorded: ValueError: not enough values"
    )
    assert isinstance(caught.value.__cause__, ValueError)


def test_an_error_in_a_helper_names_the_helpers_line():
    def helper():
        return {}["missing"]  # <-

    with pytest.raises(RecordingError) as caught:
        compile_pipeline(lambda: helper())
    expect(caught.value, marked_line(helper), "KeyError: 'missing'")


def test_an_error_in_a_library_names_the_users_line():
    @refused(RecordingError, "failed while it was recorded: ValueError")
    def body():
        return np.concatenate([np.ones(1), np.ones((1, 1))]), inspect.signature(5)  # <-


def test_a_namedtuple_output_that_does_not_exist():
    @refused(RecordingError, "AttributeError: 'Pair' object has no attribute 'middle'")
    def body():
        return named().middle  # <-


# Decorators on what cannot be decorated


def decorated(error_line: Callable[[], object], *words: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        error_line()
    expect(caught.value, marked_line(error_line), *words)


def test_step_on_a_class():
    def define():
        step(Pair)  # <-

    decorated(define, "@step on the class Pair", "write one that makes and returns a Pair")


def test_step_on_an_async_generator():
    async def rows() -> AsyncIterator[int]:
        yield 1

    def define():
        step(rows)  # <-

    decorated(define, "@step on the async generator rows", "return a list")


def test_step_on_something_that_cannot_be_called():
    def define():
        step(5)  # <-

    decorated(define, "@step on 5, a int: a step is a function")


@pytest.mark.parametrize("builtin", [len, np.sqrt, print, "".join])
def test_step_on_a_builtin_without_source(builtin):
    def define():
        step(builtin)  # <-

    decorated(define, "it has no Python source to identify; wrap it in a function of your own")


def test_step_on_a_step():
    def define():
        step(number)  # <-

    decorated(define, "number is a step already; change it with number.options(...)")


@pytest.mark.parametrize("kind", [classmethod, staticmethod])
def test_step_above_the_decorators_of_methods(kind):
    def define():
        step(kind(lambda x: x))  # <-

    decorated(define, f"write @{kind.__name__} above @step")


def test_pipeline_on_an_async_function():
    async def compose() -> None: ...

    def define():
        pipeline(compose)  # <-

    decorated(define, "@pipeline on compose, which is async or a generator", "use a plain `def`")


def test_pipeline_on_a_generator():
    def compose() -> Iterator[object]:
        yield number()

    def define():
        pipeline(compose)  # <-

    decorated(define, "@pipeline on compose, which is async or a generator")


def test_pipeline_on_an_async_generator():
    async def compose() -> AsyncIterator[object]:
        yield number()

    def define():
        pipeline(compose)  # <-

    decorated(define, "@pipeline on compose, which is async or a generator")


def test_pipeline_on_a_class():
    def define():
        pipeline(Pair)  # <-

    decorated(define, "a pipeline is a function that calls steps")


@pytest.mark.parametrize("done", [number, inner])
def test_pipeline_on_what_is_decorated(done):
    def define():
        pipeline(done)  # <-

    decorated(define, "which is decorated already")


def test_running_what_is_no_function():
    def launch():
        penstock.run("train")  # <-

    decorated(launch, "@pipeline on 'train': a pipeline is a function that calls steps")


def test_hash_paths_that_do_not_exist():
    def define():
        step(hash_paths="nothing.csv")(lambda: 1)  # <-

    decorated(define, "nothing.csv', which does not exist; write it relative to")


def test_an_unknown_option():
    def define():
        number.options(retry=3)  # <-

    decorated(define, "a step has no option 'retry'; did you mean 'retries'?")


# Parts that depend on values of the run


def test_each_inside_of_a_list():
    @refused(DefinitionError, "use_all() is given an each(...) inside of a list", "`use_all(use(each(values)))`")
    def body():
        return use_all([each([1, 2])])  # <-


@pytest.mark.parametrize(("values", "words"), [
    (5, "5 is a int, which has no items; pass the value itself"),
    ("abc", "'abc' is a text; write `each(list(text))`"),
    ({1, 2}, "a set has no order; write `each(sorted(values))`"),
])  # fmt: skip
def test_each_over_what_has_no_items(values, words):
    @refused(DefinitionError, "each() needs a list: ", words)
    def body():
        return use(each(values))  # <-


def test_each_over_a_promise_of_no_list():
    @refused(
        DefinitionError, "each() needs a list, and number(), called at", "is a int; annotate the step `-> list[...]`"
    )
    def body():
        return use(each(number()))  # <-


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "four"])
def test_each_with_a_limit_that_is_none(limit):
    @refused(DefinitionError, f"each(limit={limit!r}) is wrong; expected a whole number from 1")
    def body():
        return use(each(table(), limit=limit))  # <-


def test_several_each_that_are_not_equally_long():
    @refused(DefinitionError, "use() is called with several each(...)", "'x' has 2, 'scale' has 3")
    def body():
        return use(each([1, 2]), each([1.0, 2.0, 3.0]))  # <-


def test_several_each_over_dicts_with_other_keys():
    @refused(DefinitionError, "over dicts that do not have the same keys")
    def body():
        return use(each({"a": 1}), each({"b": 1.0}))  # <-


def test_each_over_items_of_another_type():
    @refused(TypeMismatch, "item 1 of each(...) for the argument 'x' of use() must be int, and is given 'two' (str)")
    def body():
        return use(each([1, "two"]))  # <-


def test_each_over_a_promise_of_items_of_another_type():
    @refused(TypeMismatch, "each item of the argument 'x' of shout() must be str, and is int")
    def body():
        return shout(each(table()))  # <-


def test_passing_a_mapped_result_to_a_step_that_takes_one():
    @refused(TypeMismatch, "the argument 'x' of use() must be int, and is given list[int]")
    def body():
        return use(use(each(table())))  # <-


def test_each_for_a_static_parameter():
    @refused(DefinitionError, "annotated Static", "call it in a loop: `[repeated(value) for value in values]`")
    def body():
        return repeated(each([1, 2]))  # <-


def test_a_branch_that_was_called_already():
    @refused(DefinitionError, "when() needs a function for 'then'", "write `then=lambda: ...` around the call")
    def body():
        return when(number() > 1, number())  # <-


def test_an_otherwise_that_is_no_function():
    @refused(DefinitionError, "when() needs a function for 'otherwise'", "was given a int")
    def body():
        return when(number() > 1, lambda: number(), otherwise=5)  # <-


@pytest.mark.parametrize(("condition", "words"), [(lambda: number(), "called at"), (lambda: 1, "given 1, a int")])
def test_a_condition_that_is_no_truth_value(condition, words):
    @refused(DefinitionError, "when() needs a truth value for its condition", words, "compare it, as in `score > 0.9`")
    def body():
        return when(condition(), lambda: number())  # <-


def test_using_what_a_branch_made_outside_of_it():
    kept = []

    @refused(RecordingError, "is used outside of the branch 'then' of when(), where it was made. Return it from there")
    def body():
        when(number() > 1, lambda: kept.append(number()))
        return use(kept[0])  # <-


def test_unpacking_branches_that_return_different_structures():
    @refused(PromiseUsedAsValue, "when(), called at", "iterated over")
    def body():
        left, _right = when(number() > 1, lambda: both(), otherwise=lambda: number())  # <-
        return left


def test_repeat_without_a_limit():
    @refused(DefinitionError, "repeat() needs a limit, a whole number from 1, so that it ends", "Write `limit=10`")
    def body():
        return repeat(use, 1, until=lambda state: state > 3)  # <-


def test_repeat_without_a_test():
    @refused(DefinitionError, "repeat() needs a test", "`until=lambda state: state > 0.9`")
    def body():
        return repeat(use, 1, limit=3)  # <-


@pytest.mark.parametrize(("test", "words"), [
    (lambda state: state, "returned int"),
    (lambda state: state is None, "returned False, which is the same in every round"),
])  # fmt: skip
def test_a_test_that_gives_no_truth_value(test, words):
    @refused(DefinitionError, "`until` must return a truth value", words)
    def body():
        return repeat(use, 1, until=test, limit=3)  # <-


@pytest.mark.parametrize(("make", "words"), [
    (lambda: number(), "was called already; pass it without calling it"),
    (lambda: 5, "5 is a int; pass it without calling it"),
    (lambda: (lambda: number()), "needs a body with one parameter, the state"),
])  # fmt: skip
def test_a_body_that_cannot_be_repeated(make, words):
    @refused(DefinitionError, "repeat() needs", words)
    def body():
        return repeat(make(), 1, until=lambda state: state > 3, limit=3)  # <-


def test_a_body_that_returns_what_it_does_not_take():
    @refused(TypeMismatch, "the body of repeat(worded) takes int, and returns str")
    def body():
        return repeat(worded, 1, until=lambda state: state == "end", limit=3)  # <-


def test_an_unknown_word_for_the_limit():
    @refused(DefinitionError, 'was given on_limit=\'stop\'; expected "fail" or "return"')
    def body():
        return repeat(use, 1, until=lambda state: state > 3, limit=3, on_limit="stop")  # <-


def test_on_exit_outside_of_a_pipeline():
    def launch():
        on_exit(lambda: effect())  # <-

    decorated(launch, "on_exit() is called outside of any pipeline", "decorated with @pipeline")


def test_on_exit_in_a_branch():
    @refused(
        DefinitionError, "on_exit() is called in the branch 'then' of when()", "call it in the body of the pipeline"
    )
    def body():
        def branch():
            on_exit(lambda: effect())  # <-

        return when(number() > 1, branch)


def test_on_exit_with_a_step_that_was_called_already():
    @refused(DefinitionError, "a promise: the step was called already; write `on_exit(lambda: clean_up(...))`")
    def body():
        on_exit(effect())  # <-


def test_on_exit_with_a_function_that_asks_for_more():
    @refused(DefinitionError, "and that asks for xs; write `on_exit(lambda: clean_up(...))`")
    def body():
        on_exit(use_all)  # <-

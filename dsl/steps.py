"""Turn a plain function into a step, which stays a function outside a pipeline."""

from __future__ import annotations

import contextvars
import functools
import inspect
import itertools
import os
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType
from typing import (
    TYPE_CHECKING,
    Any,
    Concatenate,
    Generic,
    ParamSpec,
    Protocol,
    TypedDict,
    TypeVar,
    Unpack,
    cast,
    final,
    overload,
)

from .. import dsl
from .active import active
from .endings import ending, with_status
from .errors import DefinitionError, RecordingError
from .locations import Location, caller
from .options import Options
from .placeholders import Each, Placeholder, is_mapped, misplaced_each

if TYPE_CHECKING:
    import datetime

    from .environments import Environment
    from .options import Retries
    from .promises import Promise
    from .resources import Resources
    from .signatures import Signature

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")


@final
class Step(Generic[P, R]):
    """A function that pipelines are made of.

    Called outside a pipeline it runs at once and returns real values, so that it can be tested and debugged like any
    function (an async one is run to its end, and what a generator yields is listed). Called inside a pipeline it is written down and returns a promise.
    """

    def __init__(
        self,
        function: Callable[P, R],
        settings: Options,
        *,
        after: tuple[object, ...] = (),
        receiver: tuple[object, ...] = (),
        explicit_name: bool = False,
    ) -> None:
        self.function = function
        self.settings = settings
        self.explicit_name = explicit_name
        self._after = after
        self._receiver = receiver
        inner = innermost_function(function)
        self.name = settings.name or _step_name(inner)
        self.__wrapped__ = function
        self.__name__ = inner.__name__
        self.__qualname__ = inner.__qualname__
        self.__module__ = inner.__module__
        self.__doc__ = inner.__doc__

    @functools.cached_property
    def signature(self) -> Signature:
        """The inputs and outputs; read at the first use, when every name in an annotation exists."""
        return dsl.read_signature(self.function, self.name)

    @property
    def __signature__(self) -> inspect.Signature:
        whole = inspect.signature(self.function)
        return whole.replace(parameters=list(whole.parameters.values())[len(self._receiver) :])

    @overload
    def __call__(self, first: Each, /, *args: Any, **kwargs: Any) -> list[R]: ...
    @overload
    def __call__(self, first: Any, second: Each, /, *args: Any, **kwargs: Any) -> list[R]: ...
    @overload
    def __call__(self, first: Any, second: Any, third: Each, /, *args: Any, **kwargs: Any) -> list[R]: ...
    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R: ...
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        recording = active()
        given = (*self._receiver, *args)
        if recording is not None:
            return cast(R, recording.call_step(self, given, kwargs, self._after))
        if is_mapped(args, kwargs):
            return cast(R, dsl.mapped_at_once(self, given, kwargs, self._run))
        return self._run(*given, **kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> R:
        for value in _strange_among((*args, *kwargs.values())):
            raise (
                DefinitionError(misplaced_each(self.name), caller())
                if isinstance(value, Each)
                else leaked(cast("Promise", value), caller())
            )
        status = ending()
        if status is not None:
            kwargs = with_status(self.signature, args, kwargs, status)
        result: Any = self.function(*args, **kwargs)
        if inspect.isgenerator(result):
            return cast(R, list(result))
        return cast(R, _finished(result) if inspect.iscoroutine(result) else result)

    def options(self, **changes: Unpack[OptionChanges]) -> Step[P, R]:
        """Return the same step with some options changed. Outside a pipeline they make no difference."""
        settings = self.settings.changed(changes).resolved(_folder(self.function))
        return self._copy(settings=settings, explicit_name=self.explicit_name or "name" in changes)

    def after(self, *others: object) -> Step[P, R]:
        """Return the same step, to start only when the steps behind ``others`` (promises, structures of them) are done."""
        return self._copy(after=(*self._after, *others))

    def _copy(self, **changes: Any) -> Step[P, R]:
        kept: dict[str, Any] = {
            "settings": self.settings,
            "after": self._after,
            "receiver": self._receiver,
            "explicit_name": self.explicit_name,
        }
        step: Step[P, R] = Step(self.function, **(kept | changes))
        if "signature" in self.__dict__ and step.name == self.name:
            step.__dict__["signature"] = self.signature
        return step

    @overload
    def __get__(self, instance: None, owner: type) -> Step[P, R]: ...
    @overload
    def __get__(self: Step[Concatenate[S, Q], R], instance: S, owner: type) -> Step[Q, R]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        """Bind a step that is a method to its object, which then is the step's first input."""
        return self if instance is None else self._copy(receiver=(instance,))

    def __repr__(self) -> str:
        return f"<step {self.__module__}.{self.__qualname__}>"


class OptionChanges(TypedDict, total=False):
    """The options that ``@step(...)`` and ``.options(...)`` take; see :class:`penstock.dsl.options.Options`."""

    name: str
    resources: Resources
    compute: str
    environment: Environment
    retries: int | Retries
    timeout: float
    allow_reuse: bool
    max_age: float | str | datetime.timedelta
    version: str
    hash_paths: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    env: str | Sequence[str]
    modules: str | Sequence[str]
    tags: Mapping[str, str]


@overload
def step(function: Callable[P, Coroutine[Any, Any, R]], /, **options: Unpack[OptionChanges]) -> Step[P, R]: ...
@overload
def step(function: Callable[P, R], /, **options: Unpack[OptionChanges]) -> Step[P, R]: ...
@overload
def step(**options: Unpack[OptionChanges]) -> StepDecorator: ...
def step(function: Any = None, /, **options: Any) -> Any:
    """Make a step of a function: ``@step`` or ``@step(retries=3)``. Raises DefinitionError for what cannot be one."""
    if function is None:
        return functools.partial(step, **options)
    _check_function(function)
    return Step(function, Options().changed(options).resolved(_folder(function)))


class StepDecorator(Protocol):
    """What ``step(...)`` with options alone returns."""

    @overload
    def __call__(self, function: Callable[P, Coroutine[Any, Any, R]], /) -> Step[P, R]: ...
    @overload
    def __call__(self, function: Callable[P, R], /) -> Step[P, R]: ...


def innermost_function(function: Any) -> FunctionType:
    """Return the plain function under partials, bound methods, callable objects and wrapping decorators."""
    while True:
        if isinstance(function, FunctionType) and not hasattr(function, "__wrapped__"):
            return function
        inner = getattr(function, "__wrapped__", None) or getattr(function, "__func__", None)
        if isinstance(function, functools.partial):
            inner = function.func
        if inner is None:
            inner = inspect.getattr_static(type(function), "__call__", None)
            if not isinstance(inner, FunctionType):
                raise DefinitionError(
                    f"@step on {function!r}: it has no Python source to identify; wrap it in a function of your own",
                    caller(),
                )
        function = inner


def _strange_among(values: Iterable[object], depth: int = 2) -> Iterator[Placeholder]:
    """Find what is no value among arguments, and in the first items of lists and dicts: plain calls must stay cheap."""
    for value in itertools.islice(values, 1000):
        if isinstance(value, Placeholder):
            yield value
        elif depth > 1 and isinstance(value, list | tuple | dict):
            yield from _strange_among(value.values() if isinstance(value, dict) else value, depth - 1)


def leaked(promise: Promise, where: Location) -> RecordingError:
    """Describe a promise that is used outside the recording it belongs to."""
    recording = promise._origin.recording
    if recording.parent is not None:
        problem = f"{promise!r} is used outside of {recording.title}, where it was made. Return it from there"
        return RecordingError(f"{problem}: what is returned comes out as a promise of this pipeline's own", where)
    return RecordingError(
        f"{promise!r} is used outside the recording of pipeline {recording.name!r}, which it belongs to. "
        "Return it from that pipeline, and pass real values or this pipeline's own promises on",
        where,
    )


def _check_function(function: object) -> None:
    problem = None
    if isinstance(function, Step):
        problem = f"{function.name} is a step already; change it with {function.name}.options(...)"
    elif isinstance(function, type):
        problem = f"@step on the class {function.__name__}: a step is a function; write one that makes and returns a {function.__name__}"
    elif isinstance(function, classmethod | staticmethod):
        kind = type(function).__name__
        problem = f"@step on a {kind}: write @{kind} above @step"
    elif inspect.isasyncgenfunction(function):
        problem = f"@step on the async generator {function.__name__}: return a list instead of yielding"
    elif not callable(function):
        problem = f"@step on {function!r}, a {type(function).__name__}: a step is a function"
    if problem:
        raise DefinitionError(problem, caller())


def _step_name(function: FunctionType) -> str:
    if function.__name__ == "__call__":  # of a callable object: its class
        return function.__qualname__.split(".")[-2]
    return "lambda" if function.__name__ == "<lambda>" else function.__name__


def _folder(function: Any) -> Path:
    """Return where relative ``hash_paths`` start: the folder of the file that defines the function."""
    file = Path(innermost_function(function).__code__.co_filename)
    return file.parent if file.exists() else Path.cwd()


def _finished(coroutine: Coroutine[Any, Any, R]) -> R:
    """Run a coroutine to its end, also where an event loop is running already (notebooks)."""
    import asyncio  # 0.06 s, and few steps are async
    from concurrent.futures import ThreadPoolExecutor

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(contextvars.copy_context().run, asyncio.run, coroutine).result()

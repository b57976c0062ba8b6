"""Turn a function that composes steps into a pipeline, which stays a function outside a recording."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import MethodType
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, cast, final, overload

from .. import dsl
from .active import active
from .endings import called_to_its_end
from .errors import DefinitionError
from .locations import caller
from .placeholders import Each, is_mapped
from .steps import Step, innermost_function

if TYPE_CHECKING:
    from .signatures import Signature

P = ParamSpec("P")
Q = ParamSpec("Q")
R = TypeVar("R")
S = TypeVar("S")


@final
class Pipeline(Generic[P, R]):
    """A function of steps. Called outside a recording it runs as plain Python; called in another pipeline it is inlined."""

    def __init__(self, function: Callable[P, R], after: tuple[object, ...] = ()) -> None:
        inner = innermost_function(function)
        self.function = function
        self.name = "pipeline" if inner.__name__ == "<lambda>" else inner.__name__
        self._after = after
        self.__wrapped__ = function
        self.__name__ = inner.__name__
        self.__qualname__ = inner.__qualname__
        self.__module__ = inner.__module__
        self.__doc__ = inner.__doc__

    @functools.cached_property
    def signature(self) -> Signature:
        """The parameters; read at the first use, when every name in an annotation exists."""
        return dsl.read_signature(self.function, self.name)

    @property
    def __signature__(self) -> inspect.Signature:
        return inspect.signature(self.function)

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
        if recording is not None:
            return cast(R, recording.call_pipeline(self, args, kwargs, self._after))
        if is_mapped(args, kwargs):
            return cast(R, dsl.mapped_at_once(self, args, kwargs, self._run))
        return self._run(*args, **kwargs)

    def _run(self, *args: Any, **kwargs: Any) -> R:
        return cast(R, called_to_its_end(self.function, args, kwargs))

    def after(self, *others: object) -> Pipeline[P, R]:
        """Return the same pipeline, whose steps start only when those behind ``others`` are done."""
        return Pipeline(self.function, (*self._after, *others))

    @overload
    def __get__(self, instance: None, owner: type) -> Pipeline[P, R]: ...
    @overload
    def __get__(self: Pipeline[Concatenate[S, Q], R], instance: S, owner: type) -> Pipeline[Q, R]: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        """Bind a pipeline that is a method to its object."""
        return self if instance is None else Pipeline(MethodType(self.function, instance), self._after)

    def __repr__(self) -> str:
        return f"<pipeline {self.__module__}.{self.__qualname__}>"


def pipeline(function: Callable[P, R]) -> Pipeline[P, R]:
    """Make a pipeline of a function that calls steps. Raises DefinitionError for what cannot be one."""
    _check_function(function)
    return Pipeline(function)


_NOT_PLAIN = (inspect.iscoroutinefunction, inspect.isgeneratorfunction, inspect.isasyncgenfunction)


def _check_function(function: Any) -> None:
    problem = None
    if isinstance(function, Step | Pipeline):
        problem = f"@pipeline on {function!r}, which is decorated already"
    elif isinstance(function, classmethod | staticmethod):
        kind = type(function).__name__
        problem = f"@pipeline on a {kind}: write @{kind} above @pipeline"
    elif not callable(function) or isinstance(function, type):
        problem = f"@pipeline on {function!r}: a pipeline is a function that calls steps"
    elif any(is_kind(function) for is_kind in _NOT_PLAIN):
        problem = f"@pipeline on {getattr(function, '__name__', function)}, which is async or a generator: it is called once, to see its steps; use a plain `def`"
    if problem:
        raise DefinitionError(problem, caller())


def as_pipeline(composition: Callable[..., object]) -> Pipeline[..., Any]:
    """Accept a pipeline, a single step, or an undecorated function that calls steps."""
    if isinstance(composition, Pipeline):
        return composition
    if isinstance(composition, Step):
        return Pipeline(_single(composition))
    return pipeline(composition)


def _single(step: Step[..., Any]) -> Callable[..., object]:
    """Make a function of a step, with its signature, so that one step can be run like a pipeline."""

    def only(*args: object, **kwargs: object) -> object:
        return step(*args, **kwargs)

    only.__name__, only.__qualname__, only.__doc__ = step.name, step.__qualname__, step.__doc__
    only.__module__ = step.__module__
    only.__signature__ = inspect.signature(step)  # type: ignore[attr-defined]  # what inspect looks for
    only.__wrapped__ = step  # type: ignore[attr-defined]  # so that it is defined where the step is
    return only

"""Run a pipeline function once with promises, and write down every step that it calls."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Protocol

from attrs import define, field, frozen

from .errors import DefinitionError, PromiseUsedAsValue, RecordingError
from .locations import Location, caller, innermost
from .options import Options
from .promises import Origin, Promise
from .signatures import Input, Signature
from .snapshots import Snapshots


class Recordable(Protocol):
    """What a recording needs to know about a step or a pipeline."""

    @property
    def name(self) -> str: ...
    @property
    def function(self) -> Callable[..., object]: ...
    @property
    def signature(self) -> Signature: ...


class RecordableStep(Recordable, Protocol):
    """What a recording needs to know about a step."""

    @property
    def settings(self) -> Options: ...
    @property
    def explicit_name(self) -> bool: ...


@define(eq=False)
class Group:
    """A nested pipeline, while it is inlined. ``after`` holds for every call inside it."""

    id: str
    pipeline: Recordable
    arguments: Mapping[str, object]
    parent: Group | None
    location: Location
    after: tuple[object, ...] = ()

    @property
    def name(self) -> str:
        """The name of the pipeline, without the groups around it."""
        return self.pipeline.name


@frozen(eq=False)
class Call:
    """One call of a step: what was bound to each parameter (plain values and promises), and where it stands."""

    step: RecordableStep
    arguments: Mapping[str, object]
    after: tuple[object, ...]
    location: Location
    group: Group | None


@define(eq=False)
class Recording:
    """What happened while the pipeline function ran once.

    ``result`` is what it returned; ``refusal`` is the last refusal of a promise.
    """

    name: str
    pipeline: Recordable
    parameters: Mapping[str, Input]
    static: Mapping[str, object]
    calls: list[Call] = field(factory=list)
    groups: list[Group] = field(factory=list)
    result: object = None
    refusal: PromiseUsedAsValue | None = None
    _group: Group | None = None
    _names: Counter[str] = field(factory=Counter)
    _snapshots: Snapshots = field(factory=Snapshots)

    def add(
        self, step: RecordableStep, arguments: Mapping[str, object], after: tuple[object, ...], location: Location
    ) -> object:
        """Write a call down and return what stands for its result: a promise, or a structure of them."""
        _check_order(after, step.name, location)
        call = Call(step, self._snapshot(step, arguments, location), after, location, self._group)
        self.calls.append(call)
        return _promised(self, call, step.signature)

    def _snapshot(self, step: Recordable, arguments: Mapping[str, object], where: Location) -> Mapping[str, object]:
        try:
            return {name: self._snapshots.take(value) for name, value in arguments.items()}
        except RecursionError:
            raise DefinitionError(
                f"{step.name}() is given a list or dict that contains itself, or is nested too deep to be written down; "
                "put it into an object of a class of your own",
                where,
            ) from None

    @contextmanager
    def nested(
        self, pipeline: Recordable, arguments: Mapping[str, object], location: Location, after: tuple[object, ...]
    ) -> Iterator[None]:
        """Let the calls inside belong to a nested pipeline."""
        _check_order(after, pipeline.name, location)
        outer = self._group
        prefix = f"{outer.id}/{pipeline.name}" if outer else pipeline.name
        self._names[prefix] += 1
        count = self._names[prefix]
        self._group = Group(prefix if count == 1 else f"{prefix}-{count}", pipeline, arguments, outer, location, after)
        self.groups.append(self._group)
        try:
            yield
        finally:
            self._group = outer


def _check_order(after: tuple[object, ...], name: str, where: Location) -> None:
    """Refuse ``after(check)`` where ``after(check())`` is meant: it would order nothing."""
    for other in after:
        if not isinstance(other, Promise) and callable(other):
            raise DefinitionError(
                f"{name}.after({other!r}) waits for nothing, since that was not called; pass what the call returned: "
                f"`done = {getattr(other, '__name__', 'check')}(...)`, then `{name}.after(done)`",
                where,
            )


def _promised(recording: Recording, call: Call, signature: Signature) -> object:
    outputs = signature.outputs
    if outputs.kind == "none":
        return Promise(Origin(recording, call, "output", type(None)))
    promises = [
        Promise(Origin(recording, call, name, hint)) for name, hint in zip(outputs.names, outputs.hints, strict=True)
    ]
    if outputs.kind == "one":
        return promises[0]
    if outputs.kind == "tuple":
        return tuple(promises)
    if outputs.kind == "typeddict":
        return dict(zip(outputs.names, promises, strict=True))
    return outputs.container(*promises)  # type: ignore[misc]  # a NamedTuple class


_ACTIVE: ContextVar[Recording | None] = ContextVar("penstock_recording", default=None)


def active() -> Recording | None:
    """Return the recording that is going on, or None."""
    return _ACTIVE.get()


def record(pipeline: Recordable, static: Mapping[str, object]) -> Recording:
    """Call a pipeline's function with promises for its parameters and return what it did.

    ``static`` gives the values of the parameters annotated ``Static``. Raises DefinitionError for misuse, and
    RecordingError, with the user's line, for whatever else the function raises.
    """
    if _ACTIVE.get() is not None:
        raise RecordingError(
            f"pipeline {pipeline.name!r} cannot be compiled or run inside another pipeline; call it instead",
            caller(),
        )
    inputs = pipeline.signature.inputs
    recording = Recording(pipeline.name, pipeline, inputs, static)
    token = _ACTIVE.set(recording)
    try:
        recording.result = _call(recording, pipeline, static)
    except DefinitionError:
        raise
    except Exception as error:
        raise _refusal_behind(recording, error) or _recording_error(recording, error) from error
    finally:
        _ACTIVE.reset(token)
    return recording


def _call(recording: Recording, pipeline: Recordable, static: Mapping[str, object]) -> object:
    signature = pipeline.signature
    bound = inspect.BoundArguments(signature.python, {})
    for name, given in signature.inputs.items():
        _check_is_one(pipeline, signature.python.parameters[name])
        bound.arguments[name] = static[name] if given.static else Promise(Origin(recording, None, name, given.hint))
    return pipeline.function(*bound.args, **bound.kwargs)


def _check_is_one(pipeline: Recordable, parameter: inspect.Parameter) -> None:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        kind = "list" if parameter.kind is parameter.VAR_POSITIONAL else "dict"
        raise DefinitionError(
            f"pipeline {pipeline.name!r} takes `{parameter}`, and a compiled pipeline has a fixed set of parameters; "
            f"take one {kind} instead, `{parameter.name}: Static[{kind}]` if the body loops over it",
            caller(),
        )


def _refusal_behind(recording: Recording, error: Exception) -> PromiseUsedAsValue | None:
    """Return the refusal of a promise that a library swallowed at the same line, as pathlib does."""
    refusal = recording.refusal
    return refusal if refusal is not None and refusal.location == innermost(error.__traceback__) else None


def _recording_error(recording: Recording, error: Exception) -> RecordingError:
    where = innermost(error.__traceback__)
    if isinstance(error, RecursionError):
        chain = " -> ".join(dict.fromkeys(group.name for group in recording.groups)) or recording.name
        problem = f"pipeline {recording.name!r} calls itself without end ({chain}); give the recursion an end over plain values"
        return RecordingError(problem, where)
    problem = f"pipeline {recording.name!r} failed while it was recorded: {type(error).__name__}: {error}"
    return RecordingError(problem, where)

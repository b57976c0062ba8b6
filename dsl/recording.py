"""Run a pipeline function once with promises, and write down every step that it calls."""

from __future__ import annotations

import inspect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from attrs import define, field

from .active import ACTIVE
from .calls import AnyCall, Call, ControlCall, Group, Recordable, RecordableStep
from .endings import with_status
from .errors import DefinitionError, PromiseUsedAsValue, RecordingError
from .locations import Location, caller, innermost
from .mapping import bound_arguments, mapping_recorded
from .placeholders import is_mapped, misplaced_each
from .promises import ATOMS, Origin, Promise, has_promise
from .signatures import NO_DEFAULT, Hint, Input, Signature, assembled
from .snapshots import EachInside, Snapshots


@define(eq=False)
class Recording:
    """What happened while a function ran once: that of a pipeline, or a part of it that depends on values of the run.

    ``result`` is what it returned; ``refusal`` is the last refusal of a promise. A part has a ``parent`` and no ``pipeline``,
    unless it is one that is mapped; inside of an ``on_exit`` the ``status`` stands for how the rest ended.
    """

    name: str
    pipeline: Recordable | None
    parameters: Mapping[str, Input]
    static: Mapping[str, object]
    parent: Recording | None = None
    status: Promise | None = None
    calls: list[AnyCall] = field(factory=list)
    groups: list[Group] = field(factory=list)
    result: object = None
    refusal: PromiseUsedAsValue | None = None
    _group: Group | None = None
    _names: Counter[str] = field(factory=Counter)
    _snapshots: Snapshots = field(factory=Snapshots)

    def call_step(
        self, step: RecordableStep, args: tuple[object, ...], kwargs: dict[str, object], after: tuple[object, ...]
    ) -> object:
        """Write a call of a step down, with its arguments as they are given, and return what stands for its result."""
        where = caller()
        if self.status is not None:
            kwargs = with_status(step.signature, args, kwargs, self.status)
        arguments = step.signature.bind(args, kwargs, where)
        if not is_mapped(args, kwargs):
            return self.add(step, arguments, after, where)

        def item(recording: Recording, given: Mapping[str, object]) -> object:
            return recording.add(step, given, (), caller())

        return mapping_recorded(self, step, arguments, after, call=item, binds_all=True)

    def call_pipeline(
        self, pipeline: Recordable, args: tuple[object, ...], kwargs: dict[str, object], after: tuple[object, ...]
    ) -> object:
        """Write the calls down that a nested pipeline makes, and return what it returns: it is inlined."""
        where = caller()
        arguments = pipeline.signature.bind(args, kwargs, where)
        if is_mapped(args, kwargs):
            return mapping_recorded(self, pipeline, arguments, after, call=_item_of(pipeline), binds_all=False)
        _check_static(pipeline, arguments, where)
        with self.nested(pipeline, arguments, where, after):
            return pipeline.function(*args, **kwargs)

    def add(
        self, step: RecordableStep, arguments: Mapping[str, object], after: tuple[object, ...], location: Location
    ) -> object:
        """Write a call down and return what stands for its result: a promise, or a structure of them."""
        _check_order(after, step.name, location)
        call = Call(step, self.snapshot(step, arguments, location), after, location, self._group)
        self.calls.append(call)
        return _promised(self, call, step.signature)

    @property
    def group(self) -> Group | None:
        """The nested pipeline that is being inlined."""
        return self._group

    @property
    def depth(self) -> int:
        """How many recordings it is a part of."""
        return 0 if self.parent is None else self.parent.depth + 1

    @property
    def title(self) -> str:
        """What an error calls it."""
        return self.name if self.pipeline is None else f"pipeline {self.name!r}"

    def encloses(self, other: Recording) -> bool:
        """Say whether ``other`` is a part of this, however deep."""
        parent = other.parent
        while parent is not None and parent is not self:
            parent = parent.parent
        return parent is self

    def place(self, call: ControlCall) -> None:
        """Write a part down that depends on values of the run."""
        _check_order(call.after, call.name, call.location)
        self.calls.append(call)

    @contextmanager
    def part(
        self, name: str, parameters: Mapping[str, Hint], pipeline: Recordable | None = None
    ) -> Iterator[Recording]:
        """Record the calls inside as a part of its own, with parameters of those types; the recording is given."""
        inputs = {parameter: Input(parameter, hint, NO_DEFAULT) for parameter, hint in parameters.items()}
        inner = Recording(name, pipeline, inputs, {}, self, self.status)
        token = ACTIVE.set(inner)
        try:
            yield inner
        finally:
            ACTIVE.reset(token)

    def parameter(self, name: str) -> Promise:
        """Return what stands for a parameter."""
        return Promise(Origin(self, None, name, self.parameters[name].hint))

    def snapshot(self, step: Recordable, arguments: Mapping[str, object], where: Location) -> Mapping[str, object]:
        try:
            take = self._snapshots.take
            return {name: value if type(value) in ATOMS else take(value) for name, value in arguments.items()}
        except RecursionError:
            raise DefinitionError(
                f"{step.name}() is given a list or dict that contains itself, or is nested too deep to be written down; "
                "put it into an object of a class of your own",
                where,
            ) from None
        except EachInside:
            raise DefinitionError(misplaced_each(step.name), where) from None

    def snapshot_of(self, value: object, name: str, where: Location) -> object:
        """Return a copy of the lists and dicts in one value that is given to what is called ``name``."""
        try:
            return self._snapshots.take(value)
        except EachInside:
            raise DefinitionError(misplaced_each(name), where) from None

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


def _item_of(pipeline: Recordable) -> Callable[[Recording, Mapping[str, object]], object]:
    """Return what calls the function of a pipeline for one item."""

    def item(_recording: Recording, given: Mapping[str, object]) -> object:
        bound = bound_arguments(pipeline, given)
        return pipeline.function(*bound.args, **bound.kwargs)

    return item


def _check_static(pipeline: Recordable, arguments: Mapping[str, object], where: Location) -> None:
    for name, value in arguments.items():
        if pipeline.signature.inputs[name].static and has_promise(value):
            raise DefinitionError(
                f"{pipeline.name}() needs a plain value for {name!r}, which is annotated Static, and was given {value!r}",
                where,
            )


def _promised(recording: Recording, call: Call, signature: Signature) -> object:
    outputs = signature.outputs
    if outputs.kind == "one":
        return Promise(Origin(recording, call, outputs.names[0], outputs.hints[0]))
    if outputs.kind == "none":
        return Promise(Origin(recording, call, "output", type(None)))
    promises = [
        Promise(Origin(recording, call, name, hint)) for name, hint in zip(outputs.names, outputs.hints, strict=True)
    ]
    return assembled(outputs, promises)


def record(pipeline: Recordable, static: Mapping[str, object]) -> Recording:
    """Call a pipeline's function with promises for its parameters and return what it did.

    ``static`` gives the values of the parameters annotated ``Static``. Raises DefinitionError for misuse, and
    RecordingError, with the user's line, for whatever else the function raises.
    """
    if ACTIVE.get() is not None:
        raise RecordingError(
            f"pipeline {pipeline.name!r} cannot be compiled or run inside another pipeline; call it instead",
            caller(),
        )
    inputs = pipeline.signature.inputs
    recording = Recording(pipeline.name, pipeline, inputs, static)
    token = ACTIVE.set(recording)
    try:
        recording.result = _call(recording, pipeline, static)
    except DefinitionError:
        raise
    except Exception as error:
        raise _refusal_behind(recording, error) or _recording_error(recording, error) from error
    finally:
        ACTIVE.reset(token)
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

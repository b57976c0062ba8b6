"""Lower a recorded pipeline to a graph: calls become nodes, arguments become bindings, types are checked.

This is the one module here that knows the DSL. Nothing is executed and nothing is written.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import attrs
from attrs import define, field, frozen

from ..dsl.errors import DefinitionError, RecordingError
from ..dsl.locations import Location, caller, definition
from ..dsl.options import Options
from ..dsl.pipelines import Pipeline, as_pipeline
from ..dsl.promises import Promise, has_promise, promises_in
from ..dsl.recording import Call, Group, Recordable, Recording, record
from ..dsl.signatures import NO_DEFAULT, Hint, Input, Outputs, type_name
from ..dsl.steps import Step, innermost_function, leaked
from .compatibility import coerce, fits, is_compatible
from .errors import TypeMismatch
from .graph import (
    Attached,
    Binding,
    Collection,
    Environment,
    FunctionRef,
    Graph,
    Literal,
    Node,
    NodeOptions,
    Output,
    OutputRef,
    Parameter,
    ParameterRef,
    Resources,
    Source,
)
from .graph import Group as NodeGroup
from .naming import Names, label_namesakes
from .roots import posix, project_root, relative_to_root
from .schemas import schema_of
from .values import is_plain
from .verification import verify


@frozen
class Compiled:
    """A graph, the parameter values that were given with it, and the folder that its paths are relative to."""

    graph: Graph
    inputs: Mapping[str, object]
    root: Path


def compile_pipeline(
    composition: Callable[..., object], args: tuple[object, ...] = (), kwargs: Mapping[str, object] | None = None
) -> Compiled:
    """Record a pipeline and lower it to a verified graph.

    ``args`` and ``kwargs`` are the pipeline's own parameters; what is not given stays symbolic. Raises DefinitionError
    for misuse, TypeMismatch for a value or an output that does not fit, both at the user's line, and InvalidGraph.
    """
    pipeline = as_pipeline(composition)
    where = caller()
    signature = pipeline.signature
    given = signature.bind_given(args, dict(kwargs or {}), where)
    inputs = {name: _checked_parameter(pipeline, name, value, where) for name, value in given.items()}
    static = dict(_static_values(pipeline, inputs, where))
    root = _root_of(pipeline)
    graph = lower(record(pipeline, static), root)
    return Compiled(graph, {name: value for name, value in inputs.items() if name not in static}, root)


def lower(recording: Recording, root: Path) -> Graph:
    """Turn a recording into a verified graph whose paths are relative to ``root``."""
    _check_something_is_used(recording)
    lowering = _Lowering(recording, root)
    nodes = label_namesakes(tuple(map(lowering.node, recording.calls)))
    pipeline = recording.pipeline
    where = _definition_of(pipeline)
    graph = Graph(
        name=recording.name,
        nodes=nodes,
        parameters=tuple(map(lowering.parameter, recording.parameters.values())),
        output=lowering.bind(recording.result, "the result of the pipeline", where),
        groups=tuple(map(lowering.group, recording.groups)),
        doc=(pipeline.function.__doc__ or "").strip(),
        source=lowering.source(where),
        attachments=lowering.attachments,
    )
    return verify(graph)


@define
class _Lowering:
    """The state of one lowering: names handed out, values attached, functions referred to."""

    recording: Recording
    root: Path
    attachments: dict[str, object] = field(factory=dict)
    _names: Names = field(init=False)
    _ids: dict[int, str] = field(factory=dict)
    _attached: dict[int, Attached] = field(factory=dict)
    _functions: dict[int, FunctionRef] = field(factory=dict)
    _files: dict[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._names = Names(_chosen_names(self.recording.calls))

    def node(self, call: Call) -> Node:
        """Turn a call into a node."""
        step, signature = call.step, call.step.signature
        prefix = f"{call.group.id}/" if call.group else ""
        node_id = prefix + step.name if step.explicit_name else self._names.next(prefix + step.name)
        self._ids[id(call)] = node_id
        inputs = {
            name: self._input(call, node_id, signature.inputs[name], value) for name, value in call.arguments.items()
        }
        return Node(
            id=node_id,
            name=step.name,
            function=self._function(step),
            inputs=inputs,
            outputs=_outputs(signature.outputs),
            after=self._after(call),
            options=_options(step.settings, signature.outputs),
            group=call.group.id if call.group else None,
            doc=_first_line(step.function.__doc__),
            source=self.source(call.location),
        )

    def _input(self, call: Call, node_id: str, expected: Input, value: object) -> Binding:
        what = f"the argument {expected.name!r} of {call.step.name}()"
        _check_argument(what, expected.hint, value, call)
        return self.bind(coerce(value, expected.hint), what, call.location, f"{node_id}.{expected.name}")

    def bind(self, value: object, what: str, where: Location, key: str = "result") -> Binding:
        """Turn a value into a binding. ``what`` and ``where`` are for the error that a misplaced promise gives."""
        if isinstance(value, Promise):
            return self._bind_promise(value, where)
        if has_promise(value):
            return self._bind_collection(value, what, where, key)
        value = self._portable(value)
        return Literal(value) if is_plain(value) else self._attach(value, key, what, where)

    def _bind_promise(self, promise: Promise, where: Location) -> Binding:
        origin = promise._origin
        if origin.recording is not self.recording:
            raise leaked(promise, where)
        if origin.call is None:
            return ParameterRef(origin.name, origin.path)
        if origin.call.step.signature.outputs.kind == "none":
            return Literal(None)
        return OutputRef(self._ids[id(origin.call)], origin.name, origin.path)

    def _bind_collection(self, value: Any, what: str, where: Location, key: str) -> Binding:
        kind, keys, items, type_ref = _taken_apart(value)
        bound = tuple(self.bind(item, what, where, f"{key}.{index}") for index, item in enumerate(items))
        return Collection(kind, bound, keys, type_ref)

    def _attach(self, value: object, key: str, what: str, where: Location) -> Attached:
        """Keep a value beside the graph; one object that is passed to many steps is kept once."""
        if id(value) not in self._attached:
            self._attached[id(value)] = Attached(key)
            self.attachments[key] = value
        return self._attached[id(value)]

    def _portable(self, value: object) -> object:
        """Write the paths in a value relative to the project's root."""
        if isinstance(value, PurePath):
            return relative_to_root(Path(value), self.root)
        if type(value) in (list, tuple, set, frozenset):
            return type(value)(map(self._portable, value))  # type: ignore[call-overload]  # one of the four
        if type(value) is dict:
            return {key: self._portable(item) for key, item in value.items()}
        return value

    def _after(self, call: Call) -> tuple[str, ...]:
        """Collect the nodes that a call waits for without taking data from them."""
        waits: list[object] = [call.after, *_effects(call.arguments.values())]
        group = call.group
        while group is not None:
            waits.append(group.after)
            group = group.parent
        found: dict[str, None] = {}
        for promise in promises_in(waits):
            if promise._origin.recording is not self.recording:
                raise leaked(promise, call.location)
            if promise._origin.call is not None:
                found[self._ids[id(promise._origin.call)]] = None
        return tuple(found)

    def _function(self, step: Recordable) -> FunctionRef:
        if id(step.function) not in self._functions:
            self._functions[id(step.function)] = self._refer(step)
        return self._functions[id(step.function)]

    def _refer(self, step: Recordable) -> FunctionRef:
        inner = innermost_function(step.function)
        ref = FunctionRef(_module_name(inner.__module__), inner.__qualname__)
        if _is_importable(step, inner.__module__, inner.__qualname__):
            return ref
        key = Names(self.attachments).next(f"function:{ref}")
        self.attachments[key] = step.function
        return attrs.evolve(ref, attached=Attached(key))

    def parameter(self, given: Input) -> Parameter:
        """Turn a parameter of the pipeline into one of the graph."""
        value = self.recording.static.get(given.name, given.default)
        where = _definition_of(self.recording.pipeline)
        default = None if value is NO_DEFAULT else self.bind(
            coerce(value, given.hint), f"the default of {given.name!r}", where, f"parameter:{given.name}"
        )  # fmt: skip
        if not isinstance(default, Literal | Attached | None):
            raise leaked(next(promises_in(value)), where)
        return Parameter(given.name, type_name(given.hint), schema_of(given.hint), default, given.static)

    def group(self, group: Group) -> NodeGroup:
        """Turn a nested pipeline into a group."""
        return NodeGroup(group.id, group.name, group.parent.id if group.parent else None, self.source(group.location))

    def source(self, where: Location) -> Source:
        """Turn a location into a place relative to the root."""
        if where.file not in self._files:
            self._files[where.file] = posix(Path(where.file), self.root)
        return Source(self._files[where.file], where.line)


def _chosen_names(calls: Iterable[Call]) -> Iterator[str]:
    """Yield the ids of the calls that were named explicitly. Raises RecordingError where two have one name."""
    first: dict[str, Call] = {}
    for call in calls:
        if call.step.explicit_name:
            name = f"{call.group.id}/{call.step.name}" if call.group else call.step.name
            if name in first:
                raise RecordingError(
                    f"the name {name!r} is given to two calls, here and at {first[name].location}; "
                    "name each call differently, or leave the name away and they are numbered",
                    call.location,
                )
            first[name] = call
            yield name


def _check_argument(what: str, hint: Hint, value: object, call: Call) -> None:
    """Raise TypeMismatch where an argument does not fit its parameter."""
    if isinstance(value, Promise):
        origin = value._origin
        if not is_compatible(origin.hint, hint):
            maker = f"\n  it comes from {origin}" + (f" ({_definition_of(origin.call.step)})" if origin.call else "")
            taker = f"\n  {call.step.name} is defined at {_definition_of(call.step)}"
            raise TypeMismatch(
                f"{what} must be {type_name(hint)}, and is given {type_name(origin.hint)}{maker}{taker}", str(call.location)
            )
    elif not has_promise(value) and not fits(coerce(value, hint), hint):
        raise TypeMismatch(f"{what} must be {type_name(hint)}, and is given {_shown(value)}", str(call.location))


def _checked_parameter(pipeline: Pipeline[..., Any], name: str, value: object, where: Location) -> object:
    hint = pipeline.signature.inputs[name].hint
    value = coerce(value, hint)
    if isinstance(value, Promise):
        raise leaked(value, where)
    if not fits(value, hint):
        raise TypeMismatch(f"the parameter {name!r} of {pipeline.name}() must be {type_name(hint)}, and is given {_shown(value)}", str(where))
    return value


def _shown(value: object) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:60] + '...'} ({type(value).__name__})"


def _static_values(pipeline: Pipeline[..., Any], given: Mapping[str, object], where: Location) -> Iterator[tuple[str, object]]:
    for name, expected in pipeline.signature.inputs.items():
        if not expected.static:
            continue
        if name not in given and expected.required:
            raise DefinitionError(f"{pipeline.name}() needs a value for {name!r}, which is annotated Static and has no default", where)
        yield name, given.get(name, expected.default)


def _check_something_is_used(recording: Recording) -> None:
    """Raise RecordingError for a pipeline without steps, or one whose steps make values that nobody can use."""
    where = _definition_of(recording.pipeline)
    if not recording.calls:
        raise RecordingError(f"pipeline {recording.name!r} calls no step; a step is a function decorated with @step", where)
    if has_promise(recording.result):
        return
    if recording.result is not None:
        raise RecordingError(
            f"pipeline {recording.name!r} returns {_shown(recording.result)}, which no step made; "
            "return a step's result, or a tuple, list or dict of them",
            where,
        )
    last = recording.calls[-1]
    if not _has_effect(recording.calls):
        raise RecordingError(
            f"pipeline {recording.name!r} returns nothing, so nobody can use what {last.step.name}() makes; "
            f"return it, or annotate {last.step.name}() with `-> None` if it is called for its effect",
            last.location,
        )


def _has_effect(calls: Iterable[Call]) -> bool:
    """Say whether some call may be there for its effect: it says so, or its annotation does not tell."""
    kinds = [call.step.signature.outputs for call in calls]
    return any(outputs.kind == "none" or outputs.hints == (Any,) for outputs in kinds)


def _effects(values: Iterable[object]) -> list[Promise]:
    """Find the promises of steps that return None: passing one is a wish for order."""
    found = [promise for value in values for promise in promises_in(value)]
    return [promise for promise in found if promise._origin.call and promise._origin.call.step.signature.outputs.kind == "none"]


def _taken_apart(value: Any) -> tuple[Any, tuple[Any, ...], list[object], str | None]:
    """Return kind, keys, items and class of a collection."""
    if isinstance(value, dict):
        return "dict", tuple(value), list(value.values()), None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return "namedtuple", value._fields, list(value), f"{_module_name(type(value).__module__)}:{type(value).__qualname__}"
    kind = next(kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind))
    return kind.__name__.removeprefix("frozen"), (), list(value), None


def _outputs(outputs: Outputs) -> tuple[Output, ...]:
    return tuple(Output(name, type_name(hint)) for name, hint in zip(outputs.names, outputs.hints, strict=True))


def _options(settings: Options, outputs: Outputs) -> NodeOptions:
    """Fill in what a step left open. A step without output exists for its effect, and is not reused unless it says so."""
    given = {attribute.name: getattr(settings, attribute.name) for attribute in attrs.fields(NodeOptions)}
    given["allow_reuse"] = outputs.kind != "none" if settings.allow_reuse is None else settings.allow_reuse
    given["resources"] = Resources(**attrs.asdict(settings.resources)) if settings.resources else Resources()
    given["environment"] = Environment(**attrs.asdict(settings.environment)) if settings.environment else None
    return NodeOptions(**given)


def _module_name(module: str) -> str:
    """Return the name that a module has when it is imported: a script run as ``__main__`` has its file's."""
    main = sys.modules.get("__main__")
    if module != "__main__" or not getattr(main, "__file__", None):
        return module
    spec = getattr(main, "__spec__", None)
    return spec.name if spec else Path(main.__file__).stem  # type: ignore[union-attr, arg-type]


def _is_importable(step: Recordable, module: str, qualname: str) -> bool:
    """Say whether importing gives this very step, or its function. What ``__main__`` defines travels by value."""
    found: object = sys.modules.get(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if module == "__main__" or found is None or not _is_findable(module):
        return False
    return found is step or found is step.function or (isinstance(found, Step) and found.function is step.function)


@functools.lru_cache(maxsize=4096)
def _is_findable(name: str) -> bool:
    """Say whether another process with the same ``sys.path`` would import this very file under that name."""
    package, _, _ = name.rpartition(".")
    path = getattr(sys.modules.get(package), "__path__", None) if package else None
    for finder in sys.meta_path:
        spec = finder.find_spec(name, path)
        if spec is not None:
            return spec.origin == getattr(sys.modules[name], "__file__", None)
    return False


def _definition_of(recordable: Recordable) -> Location:
    return definition(innermost_function(recordable.function).__code__)


def _root_of(pipeline: Pipeline[..., Any]) -> Path:
    file = Path(_definition_of(pipeline).file)
    return project_root(file.parent if file.exists() else Path.cwd())


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().partition("\n")[0]

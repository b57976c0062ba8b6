"""Turn calls into nodes, and what was passed to them into bindings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field

from ...dsl.errors import RecordingError
from ...dsl.locations import Location
from ...dsl.options import Options
from ...dsl.promises import Promise, has_promise, promises_in
from ...dsl.recording import Call, Group, Recording
from ...dsl.signatures import NO_DEFAULT, Input, Outputs, type_name
from ...dsl.steps import innermost_function, leaked
from ..compatibility import coerce, fits
from ..errors import TypeMismatch
from ..graph import (
    Attached,
    Binding,
    Collection,
    Environment,
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
from ..graph import Group as NodeGroup
from ..naming import Names, label_namesakes
from ..rendering import render_binding
from ..roots import posix, relative_to_root
from ..schemas import schema_of
from ..values import PATH, is_plain
from ..verification import verify
from .checks import check_arguments, check_something_is_used, shown
from .functions import FunctionTable, definition_of, module_name


def lower(recording: Recording, root: Path) -> Graph:
    """Turn a recording into a verified graph whose paths are relative to ``root``."""
    lowering = _Lowering(recording, root)
    groups = tuple(map(lowering.group, recording.groups))  # first: their arguments were given before the steps' were
    nodes = label_namesakes(tuple(map(lowering.node, recording.calls)))
    check_something_is_used(recording)
    pipeline = recording.pipeline
    where = definition_of(pipeline)
    graph = Graph(
        name=recording.name,
        nodes=nodes,
        parameters=tuple(map(lowering.parameter, recording.parameters.values())),
        output=lowering.bind(recording.result, where),
        groups=groups,
        doc=inspect.cleandoc(innermost_function(pipeline.function).__doc__ or ""),
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
    _functions: FunctionTable = field(init=False)
    _files: dict[str, str] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._names = Names(chosen_names(self.recording.calls))
        self._functions = FunctionTable(self.attachments)

    def node(self, call: Call) -> Node:
        """Turn a call into a node."""
        step, signature = call.step, call.step.signature
        prefix = f"{call.group.id}/" if call.group else ""
        node_id = prefix + step.name if step.explicit_name else self._names.next(prefix + step.name)
        self._ids[id(call)] = node_id
        check_arguments(step, call.arguments, call.location)
        inputs = {
            name: self.bind(coerce(value, signature.inputs[name].hint), call.location, f"{node_id}.{name}")
            for name, value in call.arguments.items()
        }
        return Node(
            id=node_id,
            name=step.name,
            function=self._functions.refer(step),
            inputs=inputs,
            outputs=outputs(signature.outputs),
            after=self._after(call),
            options=self._options(step.settings, signature.outputs),
            group=call.group.id if call.group else None,
            doc=first_line(step.function),
            source=self.source(call.location),
        )

    def bind(self, value: object, where: Location, key: str = "result") -> Binding:
        """Turn a value into a binding. ``where`` is for the error that a misplaced promise gives."""
        if isinstance(value, Promise):
            return self._bind_promise(value, where)
        if has_promise(value):
            return self._bind_collection(value, where, key)
        value = self._portable(value)
        return Literal(value) if is_plain(value) else self._attach(value, key)

    def _bind_promise(self, promise: Promise, where: Location) -> Binding:
        origin = promise._origin
        if origin.recording is not self.recording:
            raise leaked(promise, where)
        if origin.call is None:
            return ParameterRef(origin.name, origin.path)
        if origin.call.step.signature.outputs.kind == "none":
            return Literal(None)
        return OutputRef(self._ids[id(origin.call)], origin.name, origin.path)

    def _bind_collection(self, value: Any, where: Location, key: str) -> Binding:
        kind, keys, items, type_ref = taken_apart(value)
        if not is_plain(keys):
            raise RecordingError(
                f"the dict {value!r} holds promises, so its keys must be plain values such as text", where
            )
        bound = tuple(self.bind(item, where, f"{key}.{index}") for index, item in enumerate(items))
        if kind == "set":
            return Collection(kind, in_order(bound))
        return Collection(kind, bound, keys, type_ref, self._class_of(value) if kind == "namedtuple" else None)

    def _class_of(self, value: object) -> Attached:
        """Attach the class of a NamedTuple: where it cannot be imported it is needed, and its code identifies it."""
        kind = type(value)
        return self._attach(kind, f"class:{module_name(kind.__module__)}:{kind.__qualname__}")

    def _attach(self, value: object, key: str) -> Attached:
        """Keep a value beside the graph; one object that is passed to many steps is kept once."""
        if id(value) not in self._attached:
            self._attached[id(value)] = Attached(key)
            self.attachments[key] = value
        return self._attached[id(value)]

    def _portable(self, value: Any) -> Any:
        """Write the paths in a value relative to the project's root; a value without any stays the same object."""
        if type(value) is PATH:
            return relative_to_root(value, self.root)
        if type(value) is dict:
            items = {key: self._portable(item) for key, item in value.items()}
            return items if any(items[key] is not value[key] for key in value) else value
        if type(value) not in (list, tuple, set, frozenset):
            return value
        changed = [self._portable(item) for item in value]
        same = all(new is old for new, old in zip(changed, value, strict=True))
        return value if same else type(value)(changed)

    def _options(self, settings: Options, outputs: Outputs) -> NodeOptions:
        """Fill in what a step left open. One without output exists for its effect: not reused unless it says so."""
        given = {attribute.name: getattr(settings, attribute.name) for attribute in attrs.fields(NodeOptions)}
        given["allow_reuse"] = outputs.kind != "none" if settings.allow_reuse is None else settings.allow_reuse
        given["resources"] = Resources(**attrs.asdict(settings.resources)) if settings.resources else Resources()
        given["environment"] = Environment(**attrs.asdict(settings.environment)) if settings.environment else None
        given["hash_paths"] = tuple(relative_to_root(Path(path), self.root).as_posix() for path in settings.hash_paths)
        return NodeOptions(**given)

    def _after(self, call: Call) -> tuple[str, ...]:
        """Collect the nodes that a call waits for without taking data from them."""
        waits: list[object] = [call.after, *effects(call.arguments.values())]
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

    def parameter(self, given: Input) -> Parameter:
        """Turn a parameter of the pipeline into one of the graph."""
        value = self.recording.static.get(given.name, given.default)
        where = definition_of(self.recording.pipeline)
        default = None
        if value is not NO_DEFAULT:
            default = self.bind(coerce(value, given.hint), where, f"parameter:{given.name}")
        if not isinstance(default, Literal | Attached | None):
            raise leaked(next(promises_in(value)), where)
        if value is not NO_DEFAULT and not fits(coerce(value, given.hint), given.hint):
            what = f"the default of {given.name!r} in {self.recording.name}()"
            raise TypeMismatch(f"{what} must be {type_name(given.hint)}, and is {shown(value)}", str(where))
        return Parameter(given.name, type_name(given.hint), schema_of(given.hint), default, given.static)

    def group(self, group: Group) -> NodeGroup:
        """Turn a nested pipeline into a group."""
        check_arguments(group.pipeline, group.arguments, group.location)
        return NodeGroup(group.id, group.name, group.parent.id if group.parent else None, self.source(group.location))

    def source(self, where: Location) -> Source:
        """Turn a location into a place relative to the root."""
        if where.file not in self._files:
            self._files[where.file] = posix(Path(where.file), self.root)
        return Source(self._files[where.file], where.line)


def chosen_names(calls: Iterable[Call]) -> Iterator[str]:
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


def effects(values: Iterable[object]) -> list[Promise]:
    """Find the promises of steps that return None: passing one is a wish for order."""
    found = [promise for value in values for promise in promises_in(value)]
    return [
        promise
        for promise in found
        if promise._origin.call and promise._origin.call.step.signature.outputs.kind == "none"
    ]


def taken_apart(value: Any) -> tuple[Any, tuple[Any, ...], list[object], str | None]:
    """Return kind, keys, items and class of a collection."""
    if isinstance(value, dict):
        return "dict", tuple(value), list(value.values()), None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return (
            "namedtuple",
            value._fields,
            list(value),
            f"{module_name(type(value).__module__)}:{type(value).__qualname__}",
        )
    kind = next(kind for kind in (list, tuple, set, frozenset) if isinstance(value, kind))
    return kind.__name__.removeprefix("frozen"), (), list(value), None


def outputs(outputs: Outputs) -> tuple[Output, ...]:
    """Describe what a step's signature says that it returns."""
    return tuple(Output(name, type_name(hint)) for name, hint in zip(outputs.names, outputs.hints, strict=True))


def in_order(items: tuple[Binding, ...]) -> tuple[Binding, ...]:
    """Sort the items of a set, which come in another order each time."""
    return tuple(sorted(items, key=render_binding))


def first_line(function: Callable[..., object]) -> str:
    """Return the first line of a function's docstring."""
    return (innermost_function(function).__doc__ or "").strip().partition("\n")[0]

"""Turn calls into nodes, and what was passed to them into bindings."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import define, field, frozen

from ...dsl.errors import RecordingError
from ...dsl.locations import Location
from ...dsl.options import Options
from ...dsl.promises import ATOMS, Promise, has_promise, promises_in
from ...dsl.recording import Call, Group, RecordableStep, Recording
from ...dsl.signatures import NO_DEFAULT, Hint, Input, Outputs, type_name
from ...dsl.steps import innermost_function, leaked
from ..compatibility import coerce, fits
from ..errors import TypeMismatch
from ..graph import (
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
    Retry,
    Source,
)
from ..graph import Group as NodeGroup
from ..naming import Names, label_namesakes
from ..rendering import render_binding
from ..roots import posix, relative_to_root
from ..schemas import schema_of
from ..values import PATH, is_plain, is_short
from ..verification import verify
from .checks import check_argument, check_arguments, check_something_is_used, shown
from .functions import FunctionTable, definition_of, module_name


def lower(recording: Recording, root: Path) -> Graph:
    """Turn a recording into a verified graph whose paths are relative to ``root``."""
    lowering = _Lowering(recording, root)
    groups = tuple(map(lowering.group, recording.groups))  # first: their arguments were given before the steps' were
    drafts = tuple(map(lowering.draft, recording.calls))
    labels = label_namesakes(drafts)
    check_something_is_used(recording)
    pipeline = recording.pipeline
    where = definition_of(pipeline)
    graph = Graph(
        name=recording.name,
        nodes=tuple(lowering.node(draft, labels[draft.id]) for draft in drafts),
        parameters=tuple(map(lowering.parameter, recording.parameters.values())),
        output=lowering.bind(recording.result, where),
        groups=groups,
        doc=inspect.cleandoc(innermost_function(pipeline.function).__doc__ or ""),
        source=lowering.source(where),
        attachments=lowering.attachments,
    )
    return verify(graph)


@frozen(eq=False)
class Form:
    """What all calls of one step have in common."""

    hints: Mapping[str, Hint]
    function: FunctionRef
    outputs: tuple[Output, ...]
    options: NodeOptions
    doc: str


@frozen(eq=False)
class Draft:
    """A node before it has its label, for which the others must be known."""

    id: str
    name: str
    group: str | None
    inputs: Mapping[str, Binding]
    call: Call
    form: Form


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
    _forms: dict[int, Form] = field(factory=dict)
    _files: dict[str, str] = field(factory=dict)
    _sources: dict[Location, Source] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self._names = Names(chosen_names(self.recording.calls))
        self._functions = FunctionTable(self.attachments)

    def draft(self, call: Call) -> Draft:
        """Name a call, check its arguments and bind them."""
        step, group = call.step, call.group.id if call.group else None
        named = f"{group}/{step.name}" if group else step.name
        node_id = self._ids[id(call)] = named if step.explicit_name else self._names.next(named)
        form = self._forms.get(id(step)) or self._form(step)
        inputs = {name: self._input(call, form, node_id, name, value) for name, value in call.arguments.items()}
        return Draft(node_id, step.name, group, inputs, call, form)

    def node(self, draft: Draft, label: str) -> Node:
        """Turn a call into a node."""
        call, form = draft.call, draft.form
        return Node(
            draft.id, draft.name, form.function, draft.inputs, form.outputs, self._after(call), form.options,
            None, draft.group, label, form.doc, self.source(call.location),
        )  # fmt: skip

    def _form(self, step: RecordableStep) -> Form:
        signature = step.signature
        form = self._forms[id(step)] = Form(
            {name: given.hint for name, given in signature.inputs.items()},
            self._functions.refer(step),
            outputs(signature.outputs),
            self._options(step.settings, signature.outputs),
            first_line(step.function),
        )
        return form

    def _input(self, call: Call, form: Form, node_id: str, name: str, value: object) -> Binding:
        """Check an argument of a call and bind it; most are short and of the very type that is asked for."""
        hint = form.hints[name]
        if type(value) is hint and is_short(value):
            return Literal(value)
        check_argument(call.step, name, value, call.location)
        return self.bind(coerce(value, hint), call.location, f"{node_id}.{name}")

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
        names = {attribute.name for attribute in attrs.fields(NodeOptions)} - {"retry"}
        given = {name: getattr(settings, name) for name in names}
        retries = settings.retries
        on = tuple(f"{kind.__module__}:{kind.__qualname__}" for kind in retries.on)
        given |= {"retries": retries.times, "retry": Retry(retries.delay, retries.factor, retries.longest, on)}
        given["allow_reuse"] = outputs.kind != "none" if settings.allow_reuse is None else settings.allow_reuse
        given["resources"] = Resources(**attrs.asdict(settings.resources)) if settings.resources else Resources()
        given["environment"] = Environment(**attrs.asdict(settings.environment)) if settings.environment else None
        given["hash_paths"] = tuple(relative_to_root(Path(path), self.root).as_posix() for path in settings.hash_paths)
        return NodeOptions(**given)

    def _after(self, call: Call) -> tuple[str, ...]:
        """Collect the nodes that a call waits for without taking data from them."""
        waits: list[object] = [*call.after, *effects(call.arguments.values())]
        group = call.group
        while group is not None:
            waits += group.after
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
        if where not in self._sources:
            if where.file not in self._files:
                self._files[where.file] = posix(Path(where.file), self.root)
            self._sources[where] = Source(self._files[where.file], where.line)
        return self._sources[where]


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
    found = [promise for value in values if type(value) not in ATOMS for promise in promises_in(value)]
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

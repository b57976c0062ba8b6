"""Turn the parts of a pipeline that depend on values of the run into nodes with graphs of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from attrs import frozen

from ...dsl.calls import Branching, Closing, ControlCall, MappedCall, Repetition
from ...dsl.errors import RecordingError
from ...dsl.placeholders import Each
from ...dsl.promises import Promise
from ...dsl.recording import Recording
from ...dsl.signatures import type_name
from ...dsl.steps import innermost_function
from ..compatibility import coerce, is_compatible
from ..graph import (
    CONDITION,
    STATE,
    Binding,
    Control,
    FunctionRef,
    Graph,
    Map,
    NodeOptions,
    OnExit,
    Output,
    Repeat,
    When,
)
from ..naming import Names
from .capturing import Captures
from .checks import check_argument, check_items, check_state, shown
from .doubts import doubtful_items, is_doubtful, unmapped
from .functions import module_name
from .scopes import Scope, effects
from .units import Form, first_line

Lower: TypeAlias = Callable[[Scope, ControlCall, object], Graph]
"""Makes the graph of a part, with what it returns; ``nodes`` brings it, since parts have nodes in turn."""


@frozen(eq=False)
class Part:
    """What a control node has beyond where it stands."""

    control: Control
    form: Form
    inputs: Mapping[str, Binding]
    optional: tuple[str, ...]
    waits: tuple[object, ...]


def lowered(scope: Scope, call: ControlCall, node_id: str, lower: Lower) -> Part:
    """Lower a part with all its bodies."""
    if isinstance(call, MappedCall):
        return _map(scope, call, node_id, lower)
    if isinstance(call, Branching):
        return _when(scope, call, node_id, lower)
    if isinstance(call, Repetition):
        return _repeat(scope, call, node_id, lower)
    return _on_exit(scope, call, node_id, lower)


def _map(scope: Scope, call: MappedCall, node_id: str, lower: Lower) -> Part:
    captures = Captures(call.bound)
    inner = _inner(scope, call.body, call.name, captures, node_id)
    inputs: dict[str, Binding] = {}
    optional = []
    for name in call.taker.signature.inputs:
        if name in call.arguments:
            value = _checked(call, name)
            if name in call.bound:
                inputs[name] = scope.bind(value, call.location, f"{node_id}.{name}")
                optional += [name] if _goes_in_doubtful(scope, inner, call, name) else []
    graph = lower(inner, call, _returned(call))
    inputs, optional = _with_captured(scope, call, captures, inputs, optional)
    waits = effects(unmapped(value) for value in call.arguments.values())
    function = _reference(scope, call)
    form = Form({}, function, _outputs(call), NodeOptions(), first_line(call.taker.function))
    return Part(Map(call.over, graph, call.limit), form, inputs, tuple(optional), (*waits, *captures.order))


def _checked(call: MappedCall, name: str) -> object:
    """Return an argument of a mapped call, checked, with ints turned into floats where floats are asked for."""
    value, hint = call.arguments[name], call.taker.signature.inputs[name].hint
    if not isinstance(value, Each):
        check_argument(call.taker, name, value, call.location)
        return coerce(value, hint)
    check_items(call.taker, name, value.values, call.location)
    if isinstance(value.values, dict):
        return {key: coerce(item, hint) for key, item in value.values.items()}
    return [coerce(item, hint) for item in value.values] if isinstance(value.values, list) else value.values


def _goes_in_doubtful(scope: Scope, inner: Scope, call: MappedCall, name: str) -> bool:
    """Say whether what was skipped may go into the body; else the whole node is skipped with it."""
    value, hint = call.arguments[name], call.taker.signature.inputs[name].hint
    if isinstance(value, Each):
        goes_in = doubtful_items(scope, value.values)
    else:
        goes_in = is_doubtful(scope, value) and is_compatible(type(None), hint)
    if goes_in:
        scope.unit.doubtful.add((id(inner.recording), name))
    elif is_doubtful(scope, unmapped(value)):
        scope.unit.doubtful.add(id(call))
    return goes_in


def _returned(call: MappedCall) -> object:
    """Return what the body gives: of several outputs a tuple of them."""
    outputs, result = call.taker.signature.outputs, call.body.result
    if outputs.kind in ("none", "one"):
        return result
    keys: tuple[Any, ...] = outputs.names if outputs.kind == "typeddict" else tuple(range(len(outputs.names)))
    if isinstance(result, Promise):
        return tuple(result[key] for key in keys)
    if not _has_all(result, keys):
        expected = type_name(outputs.container) if outputs.kind != "tuple" else f"a tuple of {len(keys)}"
        raise RecordingError(
            f"{call.name}() is annotated to return {expected}, and returns {shown(result)}", call.location
        )
    return tuple(result[key] for key in keys)  # type: ignore[index]  # it has them all


def _has_all(result: object, keys: tuple[Any, ...]) -> bool:
    if isinstance(result, dict):
        return result.keys() == set(keys)
    return isinstance(result, tuple) and len(result) == len(keys)


def _reference(scope: Scope, call: MappedCall) -> FunctionRef:
    """Refer to what is mapped: a step as its calls do, a pipeline by name, since only its steps are called."""
    if call.body.pipeline is None:
        return scope.unit.functions.refer(call.taker)
    inner = innermost_function(call.taker.function)
    return FunctionRef(module_name(inner.__module__), inner.__qualname__)


def _when(scope: Scope, call: Branching, node_id: str, lower: Lower) -> Part:
    captures = Captures()
    inputs = {CONDITION: scope.bind(call.condition, call.location, f"{node_id}.{CONDITION}")}
    bodies = [("then", call.then)] + ([("otherwise", call.otherwise)] if call.otherwise else [])
    graphs = [_body(scope, call, (name, body), captures, node_id, lower) for name, body in bodies]
    inputs, optional = _with_captured(scope, call, captures, inputs, [])
    results = [body.result for _, body in bodies]
    if call.otherwise is None or is_doubtful(scope, [call.condition, *results]):
        scope.unit.doubtful.add(id(call))
    return Part(When(*graphs), _form("when", call), inputs, tuple(optional), tuple(captures.order))


def _repeat(scope: Scope, call: Repetition, node_id: str, lower: Lower) -> Part:
    captures = Captures()
    check_state(call)
    inputs = {STATE: scope.bind(call.first, call.location, f"{node_id}.{STATE}")}
    body, until = (
        _body(scope, call, (name, part), captures, node_id, lower)
        for name, part in (("body", call.body), ("until", call.until))
    )
    inputs, optional = _with_captured(scope, call, captures, inputs, [])
    if is_doubtful(scope, [call.first, call.body.result]):
        scope.unit.doubtful.add(id(call))
    control = Repeat(until, body, call.limit, call.on_limit)
    return Part(control, _form("repeat", call), inputs, tuple(optional), tuple(captures.order))


def _on_exit(scope: Scope, call: Closing, node_id: str, lower: Lower) -> Part:
    captures = Captures()
    inner = _inner(scope, call.cleanup, "cleanup", captures, f"{node_id}/cleanup")
    inner.closing = inner.closing or call.cleanup
    cleanup = lower(inner, call, None)
    inputs = {one.name: scope.bind(one.promise, call.location) for one in captures.all}
    optional = tuple(one.name for one in captures.all if one.promise._origin.call is not None)
    return Part(OnExit(cleanup), _form("on_exit", call), inputs, optional, ())


def _body(
    scope: Scope, call: ControlCall, named: tuple[str, Recording], captures: Captures, node_id: str, lower: Lower
) -> Graph:
    name, recording = named
    return lower(_inner(scope, recording, name, captures, f"{node_id}/{name}"), call, recording.result)


def _inner(scope: Scope, recording: Recording, name: str, captures: Captures, prefix: str) -> Scope:
    key = f"{scope.prefix}{prefix}/"
    return Scope(recording, scope.unit, Names(()), name, captures, key, closing=scope.closing)


def _with_captured(
    scope: Scope, call: ControlCall, captures: Captures, inputs: dict[str, Binding], optional: list[str]
) -> tuple[dict[str, Binding], list[str]]:
    """Bind what the bodies take from around them; what may be skipped goes in as such."""
    taken = {one.name: scope.bind(one.promise, call.location) for one in captures.all}
    doubtful = [one.name for one in captures.all if is_doubtful(scope, one.promise)]
    return {**inputs, **taken}, [*optional, *doubtful]


def _form(name: str, call: ControlCall) -> Form:
    return Form({}, FunctionRef("penstock", name), _outputs(call), NodeOptions(), "")


def _outputs(call: ControlCall) -> tuple[Output, ...]:
    return tuple(Output(name, type_name(hint)) for name, hint in call.outputs.items())

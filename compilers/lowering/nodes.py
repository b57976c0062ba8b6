"""Turn calls into nodes, and a recording of them into a graph."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from attrs import define, field

from ...dsl.calls import AnyCall, Call, ControlCall, Group, Recordable
from ...dsl.errors import RecordingError
from ...dsl.promises import promises_in
from ...dsl.recording import Recording
from ...dsl.signatures import NO_DEFAULT, Input, type_name
from ...dsl.steps import innermost_function, leaked
from ..compatibility import coerce, fits
from ..errors import TypeMismatch
from ..graph import STATUS, Attached, Binding, Control, Graph, Literal, Node, Parameter
from ..graph import Group as NodeGroup
from ..naming import Names, label_namesakes
from ..schemas import schema_of
from ..traversal import parameter_refs
from ..values import is_short
from ..verification import verify
from .checks import check_argument, check_arguments, check_something_is_used, shown
from .controls import lowered
from .doubts import optional_inputs
from .functions import definition_of
from .scopes import Scope, effects
from .units import Form, Unit


def lower(recording: Recording, root: Path) -> Graph:
    """Turn a recording of a pipeline into a verified graph whose paths are relative to ``root``."""
    pipeline = recording.pipeline
    assert pipeline is not None  # a recording without one is a part of another
    unit = Unit(root)
    scope = Scope(recording, unit, Names(chosen_names(recording.calls)))
    where = definition_of(pipeline)
    groups, nodes = _members(scope)
    check_something_is_used(recording, pipeline)
    graph = Graph(
        name=recording.name,
        nodes=nodes,
        parameters=tuple(_parameter(scope, given, pipeline) for given in recording.parameters.values()),
        output=scope.bind(recording.result, where),
        groups=groups,
        doc=_doc(pipeline),
        source=unit.source(where),
        attachments=unit.attachments,
    )
    return verify(graph)


def _part(scope: Scope, call: ControlCall, result: object) -> Graph:
    """Turn a recording of a part into a graph that returns ``result``."""
    recording = scope.recording
    scope.names = Names(chosen_names(recording.calls))
    groups, nodes = _members(scope)
    output = scope.bind(result, call.location)
    used = {ref.name for ref in parameter_refs([output, *(one for node in nodes for one in node.inputs.values())])}
    hints = {name: given.hint for name, given in recording.parameters.items() if name != STATUS or name in used}
    hints |= {name: captured.hint for name, captured in scope.taken.items()}
    parameters = tuple(Parameter(name, type_name(hint), schema_of(hint)) for name, hint in hints.items())
    doc = _doc(recording.pipeline) if recording.pipeline else ""
    return Graph(scope.name, nodes, parameters, output, groups, doc, scope.unit.source(call.location))


def _members(scope: Scope) -> tuple[tuple[NodeGroup, ...], tuple[Node, ...]]:
    recording = scope.recording
    groups = tuple(_group(scope, group) for group in recording.groups)  # first: given before the steps' arguments were
    drafts = tuple([_draft(scope, call) for call in recording.calls])
    labels = label_namesakes(drafts)
    return groups, tuple([_node(scope, draft, labels[draft.id]) for draft in drafts])


@define(eq=False)  # treated as frozen, which takes longer to fill: there is one a node
class Draft:
    """A node before it has its label, for which the others must be known."""

    id: str
    name: str
    group: str | None
    inputs: Mapping[str, Binding]
    call: AnyCall
    form: Form
    after: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    control: Control | None = field(default=None)


def _draft(scope: Scope, call: AnyCall) -> Draft:
    """Name a call, check its arguments and bind them."""
    name, group = call.name, call.group.id if call.group else None
    named = f"{group}/{name}" if group else name
    node_id = scope.unit.ids[id(call)] = named if call.explicit_name else scope.names.next(named)
    if isinstance(call, Call):
        form, values = scope.unit.form(call.step), call.arguments
        inputs = {name: _input(scope, call, form, node_id, name, value) for name, value in values.items()}
        optional = optional_inputs(scope, call, values, form.hints)
        waits = scope.waits(call, effects(values.values()))
        return Draft(node_id, name, group, inputs, call, form, waits, optional)
    part = lowered(scope, call, node_id, _part)
    waits = scope.waits(call, part.waits)
    return Draft(node_id, name, group, part.inputs, call, part.form, waits, part.optional, part.control)


def _node(scope: Scope, draft: Draft, label: str) -> Node:
    """Turn a draft into a node."""
    form = draft.form
    return Node(
        draft.id, draft.name, form.function, draft.inputs, form.outputs, draft.after, form.options,
        None, draft.group, label, form.doc, scope.unit.source(draft.call.location), draft.control, draft.optional,
    )  # fmt: skip


def _input(scope: Scope, call: Call, form: Form, node_id: str, name: str, value: object) -> Binding:
    """Check an argument of a call and bind it; most are short and of the very type that is asked for."""
    hint = form.hints[name]
    if type(value) is hint and is_short(value):
        return Literal(value)
    check_argument(call.step, name, value, call.location)
    return scope.bind(coerce(value, hint), call.location, f"{node_id}.{name}")


def _parameter(scope: Scope, given: Input, pipeline: Recordable) -> Parameter:
    """Turn a parameter of the pipeline into one of the graph."""
    value = scope.recording.static.get(given.name, given.default)
    where = definition_of(pipeline)
    default = None
    if value is not NO_DEFAULT:
        default = scope.bind(coerce(value, given.hint), where, f"parameter:{given.name}")
    if not isinstance(default, Literal | Attached | None):
        raise leaked(next(promises_in(value)), where)
    if value is not NO_DEFAULT and not fits(coerce(value, given.hint), given.hint):
        what = f"the default of {given.name!r} in {scope.recording.name}()"
        raise TypeMismatch(f"{what} must be {type_name(given.hint)}, and is {shown(value)}", str(where))
    return Parameter(given.name, type_name(given.hint), schema_of(given.hint), default, given.static)


def _group(scope: Scope, group: Group) -> NodeGroup:
    """Turn a nested pipeline into a group."""
    check_arguments(group.pipeline, group.arguments, group.location)
    parent = group.parent.id if group.parent else None
    return NodeGroup(group.id, group.name, parent, scope.unit.source(group.location))


def chosen_names(calls: Iterable[AnyCall]) -> Iterator[str]:
    """Yield the ids of the calls that were named explicitly. Raises RecordingError where two have one name."""
    first: dict[str, AnyCall] = {}
    for call in calls:
        if call.explicit_name:
            name = f"{call.group.id}/{call.name}" if call.group else call.name
            if name in first:
                raise RecordingError(
                    f"the name {name!r} is given to two calls, here and at {first[name].location}; "
                    "name each call differently, or leave the name away and they are numbered",
                    call.location,
                )
            first[name] = call
            yield name


def _doc(pipeline: Recordable) -> str:
    return inspect.cleandoc(innermost_function(pipeline.function).__doc__ or "")

"""Flatten the inputs of a node into what a component has: named, typed inputs without structure.

What is inside a collection, or an item of something, becomes an input of its own here. The *call* says how a worker puts
them together again: a graph with the one node, in which every input of the component is a parameter.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Literal as Choice
from typing import TypeAlias

import attrs
from attrs import define, field, frozen

from ...datapaths import DataPath
from ...errors import UnsupportedByTarget
from ...graph import (
    Attached,
    Binding,
    Collection,
    CollectionKind,
    FunctionRef,
    Graph,
    Literal,
    Node,
    NodeOptions,
    Operation,
    OutputRef,
    Parameter,
    ParameterRef,
)
from ...traversal import named_bodies, with_bodies
from .names import next_name
from .parts import ALTERNATIVES, TARGET
from .paths import data_type, holds_path
from .texts import type_of
from .types import InputType

SlotKind: TypeAlias = Choice["value", "artifact", "data", "order"]
"""How a worker reads an input: as text, as a stored value, as a path, or not at all."""


@frozen
class Slot:
    """An input of a component. ``source`` is where one call takes it from: a whole value, parameter, output or attachment."""

    name: str
    kind: SlotKind
    type: str
    source: Binding
    enum: tuple[str, ...] = ()


@frozen
class Wired:
    """A node with flat inputs, and the call that a worker needs to put them together again."""

    node: Node
    slots: tuple[Slot, ...]
    call: Graph


def wire(node: Node, parameters: Mapping[str, InputType]) -> Wired:
    """Flatten the inputs of a node; ``parameters`` are the types of the pipeline's. Raises UnsupportedByTarget."""
    wiring = _Wiring(node, parameters)
    inputs = {name: wiring.bound(name, binding) for name, binding in node.inputs.items()}
    function = wiring.function(node)
    for needed in node.after:
        wiring.slot(f"after_{needed}", "order", "uri_folder", OutputRef(needed, ""))
    inner = Node(
        node.name, node.name, function, inputs, node.outputs, options=_kept(node.options), control=node.control,
        optional=node.optional,
    )  # fmt: skip
    inner = with_bodies(inner, wiring.bodies(inner)) if node.control is not None else inner
    slots = tuple(wiring.slots.values())
    given = tuple(Parameter(slot.name, slot.type) for slot in slots if slot.kind != "order")
    return Wired(node, slots, Graph(node.name, (inner,), given))


def _kept(options: NodeOptions, *, inside: bool = False) -> NodeOptions:
    """Keep the options that matter where the step runs, or that tell results apart; ``inside`` of a job it is timed there."""
    environment = options.environment
    return NodeOptions(
        timeout=options.timeout if inside else None,
        retries=options.retries,
        retry=options.retry,
        version=options.version,
        environment=environment and attrs.evolve(environment, packages=(), image=None),
    )


@define
class _Wiring:
    """The inputs of one component so far; what is used twice is one of them."""

    node: Node
    parameters: Mapping[str, InputType]
    slots: dict[tuple[str, object], Slot] = field(factory=dict)
    _taken: set[str] = field(factory=set)

    def slot(self, name: str, kind: SlotKind, of: str, source: Binding, enum: tuple[str, ...] = ()) -> Slot:
        """Return the input for a source, made at its first use."""
        key = kind, f"{source!r} {name}" if isinstance(source, Literal) else source
        if key not in self.slots:
            self.slots[key] = Slot(next_name(name, self._taken), kind, of, source, enum)
        return self.slots[key]

    def bound(self, name: str, binding: Binding) -> Binding:
        """Return a binding as it looks to the worker."""
        match binding:
            case Literal(value):
                return self._literal(name, value)
            case ParameterRef(parameter, path):
                return ParameterRef(self._parameter(parameter).name, path)
            case OutputRef(node, output, path):
                slot = self.slot(name, "artifact", "uri_folder", OutputRef(node, output))
                return ParameterRef(slot.name, path)
            case Attached():
                return self._attached(name, binding)
            case Collection(items=items):
                inner = tuple(self._item(name, index, item) for index, item in enumerate(items))
                payload = binding.payload and self._attached(f"{name}_class", binding.payload)
                return attrs.evolve(binding, items=inner, payload=payload)
            case Operation(operator, operands):
                return Operation(operator, tuple(self._item(name, index, item) for index, item in enumerate(operands)))

    def function(self, node: Node) -> FunctionRef:
        """Return the reference to a node's function, whose code may travel as an input; a control node calls none."""
        attached = node.function.attached if node.control is None else None
        return attrs.evolve(node.function, attached=self._attached("function", attached) if attached else None)

    def bodies(self, node: Node) -> Mapping[str, Graph]:
        """Return the graphs inside a node, with what is attached in them under the names of inputs."""
        return {name: self._body(body) for name, body in named_bodies(node).items()}

    def _body(self, body: Graph) -> Graph:
        return Graph(
            body.name, tuple(map(self._inside, body)), body.parameters, self._renamed(body.output), body.groups
        )

    def _inside(self, node: Node) -> Node:
        inputs = {name: self._renamed(binding) for name, binding in node.inputs.items()}
        bare = Node(
            node.id, node.name, self.function(node), inputs, node.outputs, node.after, _kept(node.options, inside=True),
            None, node.group, control=node.control, optional=node.optional,
        )  # fmt: skip
        return with_bodies(bare, self.bodies(bare)) if node.control is not None else bare

    def _renamed(self, binding: Binding) -> Binding:
        match binding:
            case Attached():
                return self._attached("value", binding)
            case Collection(items=items, payload=payload):
                named = self._attached("class", payload) if payload else None
                return attrs.evolve(binding, items=tuple(map(self._renamed, items)), payload=named)
            case Operation(operator, operands):
                return Operation(operator, tuple(map(self._renamed, operands)))
        return binding

    def _item(self, name: str, index: int, item: Binding) -> Binding:
        if isinstance(item, Literal) and not holds_path(item.value):
            return item  # it stands in the call
        return self.bound(f"{name}_{index}", item)

    def _attached(self, name: str, attached: Attached) -> Attached:
        return Attached(self.slot(name, "artifact", "uri_folder", Attached(attached.key)).name)

    def _parameter(self, name: str) -> Slot:
        found = self.parameters[name]
        return self.slot(name, found.kind, found.type, ParameterRef(name), found.enum)

    def _literal(self, name: str, value: object) -> Binding:
        if isinstance(value, PurePath | DataPath):
            return ParameterRef(self.slot(name, "data", data_type(value), Literal(value)).name)
        if not holds_path(value):
            return ParameterRef(self.slot(name, "value", type_of(value), Literal(value)).name)
        return self.bound(name, self._taken_apart(name, value))

    def _taken_apart(self, name: str, value: object) -> Collection:
        """Return a plain collection with paths in it as one of bindings: each path is an input of its own."""
        if isinstance(value, dict):
            return Collection("dict", tuple(map(Literal, value.values())), tuple(value))
        kinds: Mapping[type, CollectionKind] = {list: "list", tuple: "tuple", set: "set"}
        if not isinstance(value, list | tuple | set):
            raise UnsupportedByTarget(self.node.id, f"a frozenset of paths as {name!r}", TARGET, ALTERNATIVES)
        items = sorted(value, key=str) if isinstance(value, set) else value
        return Collection(kinds[type(value)], tuple(map(Literal, items)))

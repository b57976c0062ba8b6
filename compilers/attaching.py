"""Write into a graph what identifies the values that are attached to it, so that graphs can be told apart by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import attrs

from .graph import Attached, Binding, Collection, Graph, Node, Operation, Parameter
from .traversal import named_bodies, with_bodies

B = TypeVar("B", bound=Binding)


def with_digests(graph: Graph, digests: Mapping[str, str | None]) -> Graph:
    """Return a graph whose attachments carry their digests, given by key. Without any it is returned as it is."""
    if not digests:
        return graph
    nodes = tuple(_node(node, digests) for node in graph)
    parameters = tuple(_parameter(parameter, digests) for parameter in graph.parameters)
    return attrs.evolve(graph, nodes=nodes, parameters=parameters, output=_binding(graph.output, digests))


def _node(node: Node, digests: Mapping[str, str | None]) -> Node:
    inputs = {name: _binding(binding, digests) for name, binding in node.inputs.items()}
    if node.control is not None:
        node = with_bodies(node, {name: with_digests(body, digests) for name, body in named_bodies(node).items()})
    attached = node.function.attached
    if attached is not None:
        node = attrs.evolve(node, function=attrs.evolve(node.function, attached=_binding(attached, digests)))
    same = all(inputs[name] is binding for name, binding in node.inputs.items())
    return node if same else attrs.evolve(node, inputs=inputs)


def _parameter(parameter: Parameter, digests: Mapping[str, str | None]) -> Parameter:
    default = parameter.default
    return attrs.evolve(parameter, default=_binding(default, digests)) if isinstance(default, Attached) else parameter


def _binding(binding: B, digests: Mapping[str, str | None]) -> B:
    if isinstance(binding, Attached):
        return attrs.evolve(binding, digest=digests.get(binding.key))
    if isinstance(binding, Operation):
        return attrs.evolve(binding, operands=tuple(_binding(operand, digests) for operand in binding.operands))
    if not isinstance(binding, Collection):
        return binding
    items = tuple(_binding(item, digests) for item in binding.items)
    payload = None if binding.payload is None else _binding(binding.payload, digests)
    same = payload is binding.payload and all(new is old for new, old in zip(items, binding.items, strict=True))
    return binding if same else attrs.evolve(binding, items=items, payload=payload)

"""Write a graph as text, as people would write the calls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .graph import (
    Attached,
    Binding,
    Collection,
    Graph,
    Literal,
    Map,
    Node,
    Operation,
    OutputRef,
    Parameter,
    ParameterRef,
    Repeat,
)
from .traversal import named_bodies

_BRACKETS = {"list": "[{}]", "tuple": "({})", "set": "{{{}}}"}
_WIDEST = 60
_SHOWN_PLAINLY = frozenset({bool, int, float, str, type(None)})


def render(graph: Graph) -> str:
    """Return the whole graph, one line a node; the graphs inside a control node stand below it, indented."""
    return "\n".join(_lines(graph, "pipeline "))


def _lines(graph: Graph, kind: str) -> Iterator[str]:
    yield f"{kind}{graph.name}({', '.join(map(render_parameter, graph.parameters))})"
    for node in graph:
        yield f"  {render_node(node)}"
        for name, body in named_bodies(node).items():
            yield from (f"    {line}" for line in _lines(body, "" if name == body.name else f"{name} "))
    yield f"  return {render_binding(graph.output)}"


def render_around(graph: Graph, node_id: str, *, lines: int = 5) -> str:
    """Return the lines of a graph around a node, marked with an arrow."""
    position = next((index for index, node in enumerate(graph) if node.id == node_id), 0)
    first = max(0, position - lines)
    shown = graph.nodes[first : position + lines + 1]
    rows = [f"{'->' if node.id == node_id else '  '} {render_node(node)}" for node in shown]
    return "\n".join([f"in pipeline {graph.name}:", *rows])


def render_node(node: Node) -> str:
    """Return one line: ``train-2 = train(table=split.output_0, kind='forest') -> Model``."""
    inputs = ", ".join(f"{name}={render_binding(binding)}" for name, binding in node.inputs.items())
    outputs = ", ".join(output.type for output in node.outputs) or "None"
    after = f"  after {', '.join(node.after)}" if node.after else ""
    where = f"  # {node.source}" if node.source else ""
    return f"{node.id} = {node.name}({inputs}) -> {outputs}{_render_control(node)}{after}{where}"


def _render_control(node: Node) -> str:
    """Return how often a control node runs what is inside it, as a remark."""
    match node.control:
        case Map(over, _, limit):
            return f"  each {', '.join(over)}{f', {limit} at a time' if limit else ''}"
        case Repeat(limit=limit, on_limit=on_limit):
            return f"  at most {limit}, then {on_limit}"
        case _:
            return ""


def render_parameter(parameter: Parameter) -> str:
    """Return one parameter: ``lr: float = 0.1``."""
    default = "" if parameter.default is None else f" = {render_binding(parameter.default)}"
    kind = f"Static[{parameter.type}]" if parameter.static else parameter.type
    return f"{parameter.name}: {kind}{default}"


def render_binding(binding: Binding) -> str:
    """Return what an input is bound to, as an expression."""
    match binding:
        case Literal(value):
            return render_literal(value)
        case Attached(key):
            return f"<{key}>"
        case ParameterRef(name, path):
            return f"${name}{_items(path)}"
        case OutputRef(node, name, path):
            return f"{node}{'' if name == 'output' else f'.{name}'}{_items(path)}"
        case Collection():
            return _render_collection(binding)
        case Operation(operator, operands):
            texts = [
                f"({render_binding(item)})" if isinstance(item, Operation) else render_binding(item)
                for item in operands
            ]
            return f" {operator} ".join(texts) if len(texts) > 1 else f"{operator}{texts[0]}"


def render_literal(value: object) -> str:
    """Return a plain value as it stands in an expression, cut off where it is long."""
    text = repr(value) if type(value) in _SHOWN_PLAINLY else render_value(value)
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}..."


def render_value(value: object) -> str:
    """Return a plain value as Python would show it, but the same in every process and on every system."""
    if isinstance(value, set | frozenset):
        items = ", ".join(sorted(map(render_value, value)))
        return f"frozenset({{{items}}})" if isinstance(value, frozenset) else f"{{{items}}}" if items else "set()"
    if isinstance(value, Path):
        return f"Path({value.as_posix()!r})"
    if type(value) is list:
        return f"[{', '.join(map(render_value, value))}]"
    if type(value) is tuple:
        return f"({', '.join(map(render_value, value))}{',' if len(value) == 1 else ''})"
    if type(value) is dict:
        return f"{{{', '.join(f'{render_value(key)}: {render_value(item)}' for key, item in value.items())}}}"
    return repr(value)


def _render_collection(binding: Collection) -> str:
    items = [render_binding(item) for item in binding.items]
    if binding.kind in _BRACKETS:
        comma = "," if binding.kind == "tuple" and len(items) == 1 else ""
        return _BRACKETS[binding.kind].format(", ".join(items) + comma)
    if binding.kind == "dict":
        return (
            f"{{{', '.join(f'{render_value(key)}: {item}' for key, item in zip(binding.keys, items, strict=False))}}}"
        )
    name = (binding.type or "").rpartition(":")[2]
    return f"{name}({', '.join(f'{key}={item}' for key, item in zip(binding.keys, items, strict=False))})"


def _items(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{item!r}]" for item in path)

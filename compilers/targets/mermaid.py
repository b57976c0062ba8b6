"""Write a graph as a Mermaid flowchart, which many Markdown viewers draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..graph import Graph, Node
from ..traversal import output_refs, parameter_refs


def write(graph: Graph) -> str:
    """Return the flowchart: parameters, nodes, data as arrows, order without data dotted, groups as boxes."""
    names = {node.id: f"n{index}" for index, node in enumerate(graph)}
    names |= {f"${parameter.name}": f"p{index}" for index, parameter in enumerate(graph.parameters)}
    lines = ["flowchart TD"]
    lines += [f'  {names[f"${parameter.name}"]}(["{_text(parameter.name)}: {_text(parameter.type)}"])'
              for parameter in graph.parameters if not parameter.static]  # fmt: skip
    lines += _boxes(graph, None, names, "  ")
    for node in graph:
        lines += _arrows(graph, node, names)
    return "\n".join(lines) + "\n"


def _boxes(graph: Graph, group: str | None, names: Mapping[str, str], indent: str) -> Iterator[str]:
    for node in graph:
        if node.group == group:
            yield f'{indent}{names[node.id]}["{_text(node.label or node.id)}"]'
    for number, inner in enumerate(graph.groups):
        if inner.parent == group:
            yield f'{indent}subgraph g{number}["{_text(inner.id)}"]'
            yield from _boxes(graph, inner.id, names, indent + "  ")
            yield f"{indent}end"


def _arrows(graph: Graph, node: Node, names: Mapping[str, str]) -> Iterator[str]:
    here = names[node.id]
    for name in dict.fromkeys(ref.name for ref in parameter_refs(node.inputs.values())):
        if not graph.parameter(name).static:
            yield f"  {names[f'${name}']} -.-> {here}"
    edges: dict[str, list[str]] = {}
    for ref in output_refs(node.inputs.values()):
        edges.setdefault(ref.node, []).append("" if ref.name == "output" else ref.name)
    for needed, outputs in edges.items():
        label = ", ".join(dict.fromkeys(filter(None, outputs)))
        yield f"  {names[needed]} -->|{_text(label)}| {here}" if label else f"  {names[needed]} --> {here}"
    yield from (f"  {names[needed]} -.->|after| {here}" for needed in node.after)


def _text(text: str) -> str:
    """Escape what Mermaid would read as syntax."""
    for character, entity in (
        ("&", "#amp;"),
        ('"', "#quot;"),
        ("<", "#lt;"),
        (">", "#gt;"),
        ("|", "#124;"),
        ("\n", " "),
    ):
        text = text.replace(character, entity)
    return text

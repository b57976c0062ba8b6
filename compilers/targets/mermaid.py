"""Write a graph as a Mermaid flowchart, which many Markdown viewers draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ..graph import Graph, Group, Node
from ..traversal import output_refs, parameter_refs


def write(graph: Graph) -> str:
    """Return the flowchart: parameters, nodes, data as arrows, order without data dotted, groups as boxes."""
    names = {node.id: f"n{index}" for index, node in enumerate(graph)}
    names |= {f"${parameter.name}": f"p{index}" for index, parameter in enumerate(graph.parameters)}
    names |= {f"/{group.id}": f"g{index}" for index, group in enumerate(graph.groups)}
    lines = ["flowchart TD"]
    lines += [f'  {names[f"${parameter.name}"]}(["{_text(parameter.name)}: {_text(parameter.type)}"])'
              for parameter in graph.parameters if not parameter.static]  # fmt: skip
    lines += _boxes(_members(graph), None, names, "  ")
    for node in graph:
        lines += _arrows(graph, node, names)
    return "\n".join(lines) + "\n"


def _members(graph: Graph) -> Mapping[str | None, list[Node | Group]]:
    """List what stands directly in each group: first nodes, then groups."""
    members: dict[str | None, list[Node | Group]] = defaultdict(list)
    for node in graph:
        members[node.group].append(node)
    for group in graph.groups:
        members[group.parent].append(group)
    return members


def _boxes(
    members: Mapping[str | None, list[Node | Group]], group: str | None, names: Mapping[str, str], indent: str
) -> Iterator[str]:
    for member in members.get(group, ()):
        if isinstance(member, Node):
            yield f'{indent}{names[member.id]}["{_text(member.label or member.id)}"]'
        else:
            yield f'{indent}subgraph {names[f"/{member.id}"]}["{_text(member.id)}"]'
            yield from _boxes(members, member.id, names, indent + "  ")
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
        ("#", "#35;"),
        ("&", "#amp;"),
        ('"', "#quot;"),
        ("<", "#lt;"),
        (">", "#gt;"),
        ("|", "#124;"),
        ("\n", " "),
    ):
        text = text.replace(character, entity)
    return text

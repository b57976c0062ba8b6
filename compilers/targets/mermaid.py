"""Write a graph as a Mermaid flowchart, which many Markdown viewers draw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from ..graph import CONDITION, Graph, Group, Map, Node, OnExit, Repeat, When
from ..rendering import render_binding
from ..traversal import named_bodies, output_refs, parameter_refs


def write(graph: Graph) -> str:
    """Return the flowchart: parameters, nodes, data as arrows, order without data dotted, groups and control nodes as boxes."""
    parameters = {parameter.name: f"p{index}" for index, parameter in enumerate(graph.parameters)}
    lines = ["flowchart TD"]
    lines += [f'  {parameters[parameter.name]}(["{_text(parameter.name)}: {_text(parameter.type)}"])'
              for parameter in graph.parameters if not parameter.static]  # fmt: skip
    lines += _boxes(graph, _members(graph), None, "", "  ")
    lines += _arrows(graph, "", parameters)
    return "\n".join(lines) + "\n"


def _names(graph: Graph, inside: str) -> Mapping[str, str]:
    """Name the nodes, and with a slash before it each group; ``inside`` is the name of what the graph stands in."""
    names = {node.id: f"{inside}n{index}" for index, node in enumerate(graph)}
    return names | {f"/{group.id}": f"{inside}g{index}" for index, group in enumerate(graph.groups)}


def _members(graph: Graph) -> Mapping[str | None, list[Node | Group]]:
    """List what stands directly in each group: first nodes, then groups."""
    members: dict[str | None, list[Node | Group]] = defaultdict(list)
    for node in graph:
        members[node.group].append(node)
    for group in graph.groups:
        members[group.parent].append(group)
    return members


def _boxes(
    graph: Graph, members: Mapping[str | None, list[Node | Group]], group: str | None, inside: str, indent: str
) -> Iterator[str]:
    names = _names(graph, inside)
    for member in members.get(group, ()):
        if isinstance(member, Group):
            yield f'{indent}subgraph {names[f"/{member.id}"]}["{_text(member.id)}"]'
            yield from _boxes(graph, members, member.id, inside, indent + "  ")
            yield f"{indent}end"
        elif any(len(body) for body in named_bodies(member).values()):
            yield from _box_of_bodies(member, names[member.id], indent)
        else:
            yield f'{indent}{names[member.id]}["{_text(_label(member))}"]'


def _box_of_bodies(node: Node, name: str, indent: str) -> Iterator[str]:
    """Draw a control node around the graphs inside it; several, such as branches, have boxes of their own."""
    drawn = {called: body for called, body in named_bodies(node).items() if len(body)}
    yield f'{indent}subgraph {name}["{_text(_label(node))}"]'
    for called, body in drawn.items():
        if isinstance(node.control, When | Repeat):
            yield f'{indent}  subgraph {name}{called}["{called}"]'
            yield from _boxes(body, _members(body), None, f"{name}{called}", indent + "    ")
            yield f"{indent}  end"
        else:
            yield from _boxes(body, _members(body), None, f"{name}{called}", indent + "  ")
    yield f"{indent}end"


def _label(node: Node) -> str:
    """Return what a node is called, a control node with what it does."""
    label = node.label or node.id
    match node.control:
        case Map(over):
            return f"{label}, for each {', '.join(over)}"
        case When():
            return f"{label} {render_binding(node.inputs[CONDITION])}"
        case Repeat(until, _, limit):
            return f"{label}, until {render_binding(until.output)}, at most {limit} times"
        case OnExit():
            return f"{label}, when all else has ended"
        case _:
            return label


def _arrows(graph: Graph, inside: str, parameters: Mapping[str, str]) -> Iterator[str]:
    """Draw what flows in a graph, and then in those inside its nodes; of these the parameters are not drawn."""
    names = _names(graph, inside)
    for node in graph:
        yield from _arrows_to(graph, node, names, parameters)
        for called, body in named_bodies(node).items():
            yield from _arrows(body, f"{names[node.id]}{called}", {})


def _arrows_to(graph: Graph, node: Node, names: Mapping[str, str], parameters: Mapping[str, str]) -> Iterator[str]:
    here = names[node.id]
    for name in dict.fromkeys(ref.name for ref in parameter_refs(node.inputs.values())):
        if name in parameters and not graph.parameter(name).static:
            yield f"  {parameters[name]} -.-> {here}"
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

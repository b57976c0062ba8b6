"""Outline a graph as a tree of lines: steps, the groups that nested pipelines leave, and families of namesakes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from attrs import field, frozen

from ...compilers.graph import Graph, Group, Node

Kind: TypeAlias = Literal["step", "group", "family"]


@frozen(eq=False)
class Entry:
    """One line, and the ids of all the steps it stands for. A family shows its members together."""

    kind: Kind
    label: str
    steps: tuple[str, ...]
    parts: tuple[Entry, ...] = ()


@frozen(eq=False)
class _Contents:
    """What stands directly in each group, and in the pipeline itself (None)."""

    inside: Mapping[str | None, list[Node | Group]] = field(factory=lambda: defaultdict(list))


def outline(graph: Graph, *, widest: int, times: str = "x") -> tuple[Entry, ...]:
    """Return the lines of a graph in call order; more than ``widest`` namesakes side by side become a family."""
    return _entries(None, _contents(graph), widest, times)


def _contents(graph: Graph) -> _Contents:
    """Sort nodes and groups under the group they stand in, a group at the place of its first node."""
    groups = {group.id: group for group in graph.groups}
    contents, placed = _Contents(), set[str]()
    for node in graph:
        for group in reversed(list(_ancestors(node.group, groups))):
            if group.id not in placed:
                placed.add(group.id)
                contents.inside[group.parent].append(group)
        contents.inside[node.group].append(node)
    return contents


def _ancestors(group: str | None, groups: Mapping[str, Group]) -> Iterable[Group]:
    while group is not None and group in groups:
        yield groups[group]
        group = groups[group].parent


def _entries(parent: str | None, contents: _Contents, widest: int, times: str) -> tuple[Entry, ...]:
    items = contents.inside[parent]
    families: dict[tuple[type, str], list[Node | Group]] = {}
    for item in items:
        families.setdefault((type(item), item.name), []).append(item)
    shown: list[Entry] = []
    for item in items:
        members = families[type(item), item.name]
        if len(members) <= widest:
            shown.append(_entry(item, contents, widest, times))
        elif item is members[0]:
            shown.append(_family(item.name, [_entry(member, contents, widest, times) for member in members], times))
    return tuple(shown)


def _entry(item: Node | Group, contents: _Contents, widest: int, times: str) -> Entry:
    if isinstance(item, Node):
        return Entry("step", item.label or item.id, (item.id,))
    parts = _entries(item.id, contents, widest, times)
    return Entry("group", item.id.rpartition("/")[2], tuple(step for part in parts for step in part.steps), parts)


def _family(name: str, members: list[Entry], times: str) -> Entry:
    return Entry("family", f"{name} {times}{len(members)}", tuple(step for entry in members for step in entry.steps))

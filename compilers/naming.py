"""Name nodes so that the names stay: the step's name, then ``name-2`` and so on in call order; and label namesakes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from .graph import Binding, Literal
from .rendering import render_literal


class Names:
    """Hand out ids that are not taken yet. Names that people chose are taken first, whatever the order of calls."""

    def __init__(self, chosen: Iterable[str]) -> None:
        self._taken = set(chosen)
        self._counts: dict[str, int] = defaultdict(int)

    def next(self, name: str) -> str:
        """Return ``name``, or ``name-2``, ``name-3``, ... where it is taken."""
        while True:
            self._counts[name] += 1
            count = self._counts[name]
            candidate = name if count == 1 else f"{name}-{count}"
            if candidate not in self._taken:
                self._taken.add(candidate)
                return candidate


class Labelled(Protocol):
    """What a label is made of: a node, or what will become one."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def group(self) -> str | None: ...
    @property
    def inputs(self) -> Mapping[str, Binding]: ...


def label_namesakes(nodes: Sequence[Labelled]) -> Mapping[str, str]:
    """Label each node by its name, calls of one step also by the plain arguments in which they differ; by id."""
    families: dict[tuple[str | None, str], list[Labelled]] = defaultdict(list)
    for node in nodes:
        families[node.group, node.name].append(node)
    return {node: label for members in families.values() for node, label in _labels(members)}


def _labels(members: Sequence[Labelled]) -> Iterator[tuple[str, str]]:
    names = [member.id.rpartition("/")[2] for member in members]
    columns = [column for column in _columns(members) if len(set(column)) > 1] if len(members) > 1 else []
    for position, (member, name) in enumerate(zip(members, names, strict=True)):
        shown = ", ".join(column[position] for column in columns if column[position])
        yield member.id, f"{name} ({shown})" if shown else name


def _columns(members: Sequence[Labelled]) -> Iterator[list[str]]:
    """Yield each input as text in every call of one step; what is no plain value has none."""
    for name in members[0].inputs:
        bindings = [member.inputs.get(name) for member in members]
        yield [f"{name}={render_literal(given.value)}" if isinstance(given, Literal) else "" for given in bindings]

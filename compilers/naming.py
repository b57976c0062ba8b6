"""Name nodes so that the names stay: the step's name, then ``name-2`` and so on in call order; and label namesakes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import attrs

from .graph import Binding, Literal, Node
from .rendering import render_binding


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


def label_namesakes(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
    """Label each node by its name; calls of one step also by the plain arguments in which they differ."""
    families: dict[tuple[str | None, str], list[Node]] = defaultdict(list)
    for node in nodes:
        families[node.group, node.name].append(node)
    differing = {family: _differing(members) for family, members in families.items()}
    return tuple(attrs.evolve(node, label=_label(node, differing[node.group, node.name])) for node in nodes)


def _differing(members: list[Node]) -> tuple[str, ...]:
    """Name the inputs whose plain values are not the same in all calls of one step."""
    if len(members) == 1:
        return ()
    return tuple(name for name in members[0].inputs if len({_key(member.inputs.get(name)) for member in members}) > 1)


def _key(binding: Binding | None) -> str:
    return render_binding(binding) if isinstance(binding, Literal) else ""


def _label(node: Node, names: tuple[str, ...]) -> str:
    shown = [(name, node.inputs.get(name)) for name in names]
    values = [f"{name}={render_binding(binding)}" for name, binding in shown if isinstance(binding, Literal)]
    return f"{node.id.rpartition('/')[2]} ({', '.join(values)})" if values else node.id.rpartition("/")[2]

"""Identify the code behind a value: that of the call which made it, and of all the calls before that.

A pickled object behaves as its class does, so an item of a pickled list is not identified by its bytes alone. The key of the call that made
the list covers the code, but the other items too; what is found here covers the code and no values.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import final

from blake3 import blake3

from ..compilers.graph import Attached, Binding, Node, OutputRef, ParameterRef
from ..compilers.traversal import bodies, leaves
from .identities import identity_by_content
from .resolution import Values
from .resolved import Gathered, Resolved, Stored


@final
class Ancestry:
    """The code behind the values of one run. ``nodes`` are all nodes that there are, by id."""

    def __init__(self, nodes: Mapping[str, Node], values: Values) -> None:
        self._nodes = nodes
        self._values = values
        self._known: dict[str, str | None] = {}

    def code(self, binding: Binding) -> str | None:
        """Return what identifies the code behind what is bound; None where something of it cannot be identified."""
        return _joined(self._parts([binding]))

    def _parts(self, bindings: Iterable[Binding]) -> Iterator[str | None]:
        for leaf in (leaf for binding in bindings for leaf in leaves(binding)):
            if isinstance(leaf, OutputRef):
                yield self._of_node(leaf.node)
            elif isinstance(leaf, ParameterRef):
                bound = self._values.bound
                yield from _of_value(bound[leaf.name] if leaf.name in bound else self._values.parameters[leaf.name])
            elif isinstance(leaf, Attached):
                yield from _of_value(self._values.attached[leaf.key])

    def _of_node(self, step: str) -> str | None:
        if step not in self._known:
            node = self._nodes[step]
            self._known[step] = _joined([*_of_code(node), *self._parts(node.inputs.values())])
        return self._known[step]


def _of_code(node: Node) -> Iterator[str | None]:
    if node.control is None:
        yield node.fingerprint
        yield node.options.version or ""
    for body in bodies(node):
        for inner in body:
            yield from _of_code(inner)


def _of_value(value: Resolved) -> Iterator[str | None]:
    if isinstance(value, Gathered):
        for item in value.items:
            yield from _of_value(item)
    elif isinstance(value, Stored) and identity_by_content(value.artifact) is None:
        # After the digest stands what made it; a value that was given is identified with the code of its class.
        yield value.identity and (value.identity.partition(" ")[2] or value.identity)


def _joined(parts: Iterable[str | None]) -> str | None:
    known = list(parts)
    if None in known:
        return None
    return blake3("\n".join(sorted({part for part in known if part})).encode()).hexdigest()

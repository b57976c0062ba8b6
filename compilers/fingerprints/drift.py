"""Find globals that changed after they were fingerprinted: what a step did to them, later runs will not see."""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from .encoding import seal
from .fingerprints import Fingerprinter
from .manifests import Manifest
from .nodes import Node, reach
from .reach import Walker
from .values import plain, summary


@frozen
class Drift:
    """A global whose value is no longer the one that a fingerprint covers."""

    name: str
    """With its module, as the manifest lists it."""
    file: str
    line: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} ({self.file}:{self.line}) {self.before} -> {self.after}"


def drifted(fingerprinter: Fingerprinter, manifests: Iterable[Manifest]) -> tuple[Drift, ...]:
    """Return the globals in some manifests whose values differ by now from those that this fingerprinter saw.

    Only values are looked at again, no source is read; call it at the end of a run, in the process that fingerprinted.
    What has no identity of its own (locks, generators, open files) and what is bound to code is not compared.
    """
    wanted = {part.name for listed in manifests for part in listed.definitions if part.kind == "constant"}
    walker = fingerprinter.walker
    if not wanted:
        return ()
    with walker.fresh_values():
        found = [_compared(walker, node, namespace, name) for node, namespace, name in _constants(walker, wanted)]
    return tuple(sorted((drift for drift in found if drift is not None), key=lambda drift: drift.name))


def _constants(walker: Walker, wanted: set[str]) -> Iterator[tuple[Node, dict[str, object], str]]:
    """Yield the nodes of wanted globals, with the namespaces they are in, as far as their modules are still loaded."""
    every: Sequence[object] = list(sys.modules.values())
    spaces = {id(module.__dict__): module.__dict__ for module in every if isinstance(module, types.ModuleType)}
    for (place, name), node in list(walker.bindings._constants.items()):
        if place in spaces and node.kind == "constant" and node.name in wanted:
            yield node, spaces[place], name


def _compared(walker: Walker, node: Node, namespace: dict[str, object], name: str) -> Drift | None:
    if name not in namespace:
        return Drift(node.name, node.file, node.line, node.text, "deleted")
    value = namespace[name]
    if walker.bindings.derivations.is_unseeded(namespace, name, value):
        return None
    before, now = _identity_before(node), _identity(walker, value)
    if before is None or now is None or before == now:
        return None
    after = summary(value)
    return Drift(node.name, node.file, node.line, node.text, after if after != node.text else "another value")


def _identity_before(node: Node) -> bytes | None:
    """Return what identified the value when it was fingerprinted; None for what was derived from its statements."""
    if not node.edges:
        return node.content
    return _digest(node.edges[0]) if len(node.edges) == 1 else None


def _identity(walker: Walker, value: object) -> bytes | None:
    encoded = plain(walker, value)
    if encoded is not None:
        return seal("constant", encoded)
    node = walker.node(value)
    walker.finish()
    return _digest(node)


def _digest(node: Node) -> bytes | None:
    reached = reach(node, (), lambda _aspects: ())
    return None if any(part.kind == "opaque" for part in reached.nodes) else reached.digest()

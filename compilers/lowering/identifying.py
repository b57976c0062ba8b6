"""Give each node the fingerprint of its function, so that its results can be told from those of other code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
from attrs import define, field, frozen

from ...dsl.calls import AnyCall, Call, RecordableStep, parts_of
from ...dsl.recording import Recording
from ..attaching import with_digests
from ..errors import FingerprintError
from ..fingerprints import Fingerprint, Fingerprinter, Manifest
from ..fingerprints.inputs import Identity
from ..fingerprints.inputs import identify as identify_value
from ..graph import Graph, Node
from ..traversal import attached_in, named_bodies, nodes_within, with_bodies


@frozen(eq=False, repr=False)
class Identified:
    """A graph whose nodes have fingerprints; what each fingerprint covers; what could not be identified, in sentences."""

    graph: Graph
    manifests: Mapping[str, Manifest]
    warnings: tuple[str, ...] = ()


def identify(graph: Graph, recording: Recording, fingerprinter: Fingerprinter) -> Identified:
    """Fingerprint every function of a graph, and identify every value that is attached to it.

    A node whose code cannot be identified gets no fingerprint, and is never reused; nor is one with such a value.
    """
    identifying = _Identifying(fingerprinter)
    nodes = identifying.nodes(graph, recording)
    values = {key: identify_value(value, fingerprinter) for key, value in graph.attachments.items()}
    digests = {key: value.digest for key, value in values.items()}
    identified = with_digests(attrs.evolve(graph, nodes=nodes), digests)
    warnings = identifying.warnings
    warnings |= dict.fromkeys(_unidentified(graph, values)) if None in digests.values() else {}
    return Identified(identified, identifying.manifests, tuple(warnings))


@define(eq=False, repr=False)
class _Identifying:
    """The fingerprints found so far, of each function once."""

    fingerprinter: Fingerprinter
    manifests: dict[str, Manifest] = field(factory=dict)
    warnings: dict[str, None] = field(factory=dict)
    _known: dict[tuple[object, ...], Fingerprint | str] = field(factory=dict)

    def nodes(self, graph: Graph, recording: Recording) -> tuple[Node, ...]:
        """Return the nodes of a graph with fingerprints, those of the graphs inside them too."""
        return tuple([self._node(*made) for made in zip(graph.nodes, recording.calls, strict=True)])

    def _node(self, node: Node, call: AnyCall) -> Node:
        if not isinstance(call, Call):
            inside = zip(named_bodies(node).items(), parts_of(call), strict=True)
            return with_bodies(node, {name: self._body(body, part) for (name, body), part in inside})
        asked = node.name, id(call.step.function), call.step.settings.modules
        found = self._known.get(asked)
        if found is None:
            found = self._known[asked] = _fingerprint(call.step, self.fingerprinter)
            self.warnings |= dict.fromkeys(_warnings(node, found))
            if isinstance(found, Fingerprint):
                self.manifests[found.digest] = found.manifest
        if isinstance(found, str) or not found.reusable:
            return node
        return _with_fingerprint(node, found.digest)

    def _body(self, body: Graph, part: Recording) -> Graph:
        return attrs.evolve(body, nodes=self.nodes(body, part))


def _unidentified(graph: Graph, values: Mapping[str, Identity]) -> Iterator[str]:
    """Name each argument of each step that has no identity."""
    for node in nodes_within(graph):
        for name, binding in node.inputs.items():
            for attached in attached_in(binding):
                if values[attached.key].digest is None:
                    problem = values[attached.key].reason
                    yield f"step {node.name!r} is never reused: its argument {name!r} cannot be identified: {problem}"


def _warnings(node: Node, found: Fingerprint | str) -> Iterator[str]:
    if isinstance(found, str):
        yield f"step {node.name!r} is never reused: {found}"
    else:
        yield from (f"step {node.name!r}: {warning}" for warning in found.warnings)


def _with_fingerprint(node: Node, fingerprint: str) -> Node:
    """Copy a node field by field, a third of the time that attrs.evolve takes: this is done for every node."""
    return Node(
        node.id, node.name, node.function, node.inputs, node.outputs, node.after, node.options, fingerprint,
        node.group, node.label, node.doc, node.source, node.control, node.optional,
    )  # fmt: skip


def _fingerprint(step: RecordableStep, fingerprinter: Fingerprinter) -> Fingerprint | str:
    try:
        return fingerprinter.function(step.function, modules=step.settings.modules)
    except FingerprintError as error:
        return str(error)

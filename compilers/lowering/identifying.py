"""Give each node the fingerprint of its function, so that its results can be told from those of other code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
from attrs import frozen

from ...dsl.recording import RecordableStep, Recording
from ..attaching import with_digests
from ..errors import FingerprintError
from ..fingerprints import Fingerprint, Fingerprinter, Manifest
from ..fingerprints.inputs import Identity
from ..fingerprints.inputs import identify as identify_value
from ..graph import Graph, Node
from ..traversal import attached_in


@frozen
class Identified:
    """A graph whose nodes have fingerprints; what each fingerprint covers; what could not be identified, in sentences."""

    graph: Graph
    manifests: Mapping[str, Manifest]
    warnings: tuple[str, ...] = ()


def identify(graph: Graph, recording: Recording, fingerprinter: Fingerprinter) -> Identified:
    """Fingerprint every function of a graph, and identify every value that is attached to it.

    A node whose code cannot be identified gets no fingerprint, and is never reused; nor is one with such a value.
    """
    manifests: dict[str, Manifest] = {}
    warnings: dict[str, None] = {}
    known: dict[tuple[object, ...], Fingerprint | str] = {}
    nodes: list[Node] = []
    for node, call in zip(graph.nodes, recording.calls, strict=True):
        asked = node.name, id(call.step.function), call.step.settings.modules
        found = known.get(asked)
        if found is None:
            found = known[asked] = _fingerprint(call.step, fingerprinter)
            warnings |= dict.fromkeys(_warnings(node, found))
        if isinstance(found, str):
            nodes.append(node)
            continue
        manifests[found.digest] = found.manifest
        nodes.append(_with_fingerprint(node, found.digest) if found.reusable else node)
    values = {key: identify_value(value, fingerprinter) for key, value in graph.attachments.items()}
    digests = {key: value.digest for key, value in values.items()}
    identified = with_digests(attrs.evolve(graph, nodes=tuple(nodes)), digests)
    warnings |= dict.fromkeys(_unidentified(graph, values)) if None in digests.values() else {}
    return Identified(identified, manifests, tuple(warnings))


def _unidentified(graph: Graph, values: Mapping[str, Identity]) -> Iterator[str]:
    """Name each argument of each step that has no identity."""
    for node in graph:
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
        node.group, node.label, node.doc, node.source,
    )  # fmt: skip


def _fingerprint(step: RecordableStep, fingerprinter: Fingerprinter) -> Fingerprint | str:
    try:
        return fingerprinter.function(step.function, modules=step.settings.modules)
    except FingerprintError as error:
        return str(error)

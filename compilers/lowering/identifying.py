"""Give each node the fingerprint of its function, so that its results can be told from those of other code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import attrs
from attrs import frozen

from ...dsl.recording import RecordableStep, Recording
from ..attaching import with_digests
from ..errors import FingerprintError
from ..fingerprints import Fingerprint, Fingerprinter, Manifest, digest_value
from ..graph import Graph, Node


@frozen
class Identified:
    """A graph whose nodes have fingerprints; what each fingerprint covers; what could not be identified, in sentences."""

    graph: Graph
    manifests: Mapping[str, Manifest]
    warnings: tuple[str, ...] = ()


def identify(graph: Graph, recording: Recording, fingerprinter: Fingerprinter) -> Identified:
    """Fingerprint every function of a graph, and identify every value that is attached to it. A node whose code cannot be identified gets none and is never reused."""
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
    digests = {key: digest_value(value, fingerprinter) for key, value in graph.attachments.items()}
    identified = with_digests(attrs.evolve(graph, nodes=tuple(nodes)), digests)
    return Identified(identified, manifests, tuple(warnings))


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

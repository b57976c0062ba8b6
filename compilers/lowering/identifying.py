"""Give each node the fingerprint of its function, so that its results can be told from those of other code."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
from attrs import frozen

from ...dsl.recording import RecordableStep, Recording
from ..errors import FingerprintError
from ..fingerprints import Fingerprint, Fingerprinter, Manifest
from ..graph import Graph, Node


@frozen
class Identified:
    """A graph whose nodes have fingerprints; what each fingerprint covers; what could not be identified, in sentences."""

    graph: Graph
    manifests: Mapping[str, Manifest]
    warnings: tuple[str, ...] = ()


def identify(graph: Graph, recording: Recording, fingerprinter: Fingerprinter) -> Identified:
    """Fingerprint every function of a graph. A node whose code cannot be identified gets none and is never reused."""
    manifests: dict[str, Manifest] = {}
    warnings: dict[str, None] = {}
    nodes: list[Node] = []
    for node, call in zip(graph.nodes, recording.calls, strict=True):
        found = _fingerprint(call.step, fingerprinter)
        if isinstance(found, str):
            warnings[f"step {node.name!r} is never reused: {found}"] = None
            nodes.append(node)
            continue
        warnings |= dict.fromkeys(f"step {node.name!r}: {warning}" for warning in found.warnings)
        manifests[found.digest] = found.manifest
        nodes.append(attrs.evolve(node, fingerprint=found.digest) if found.reusable else node)
    return Identified(attrs.evolve(graph, nodes=tuple(nodes)), manifests, tuple(warnings))


def _fingerprint(step: RecordableStep, fingerprinter: Fingerprinter) -> Fingerprint | str:
    try:
        return fingerprinter.function(step.function, modules=step.settings.modules)
    except FingerprintError as error:
        return str(error)

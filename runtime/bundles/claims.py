"""Compare what a bundle says of itself with what follows from its graph, without running or importing anything of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from blake3 import blake3

from ...compilers.fingerprints import Manifest
from ...compilers.graph import Graph
from ...compilers.serialisation import digest
from ...compilers.traversal import attachments, nodes_within
from ..errors import BundleError
from ..fitting import is_known
from .archives import digest_of
from .contents import CODE, CONTENTS, GRAPH, MANIFESTS, PARAMETERS, Contents
from .parameters import outline, written


def content_of(graph: Graph, digest: str, files: Mapping[str, bytes]) -> str:
    """Return what identifies the pipeline in a bundle, whatever else changes: the digest of its graph, if that tells all code apart.

    Where it does not, the files of the code count as well.
    """
    if all(node.fingerprint is not None for node in nodes_within(graph) if node.control is None):
        return digest
    code = (f"{name}\0{digest_of(data)}\n".encode() for name, data in sorted(files.items()) if name.startswith(CODE))
    return blake3(digest.encode() + b"".join(code)).hexdigest()


def check_claims(contents: Contents, files: Mapping[str, bytes], bundle: str) -> None:
    """Raise BundleError, with ``bundle`` as its name, where the documents of a bundle do not agree with its graph."""
    graph = outline(files[GRAPH], bundle)
    try:
        problem = next(_disagreements(contents, files, graph), None)
    except RecursionError:
        problem = f"its {GRAPH} is nested too deeply"
    if problem is not None:
        raise BundleError(bundle, f"{problem}. Make it anew, with the version of Penstock that takes it")


def _disagreements(contents: Contents, files: Mapping[str, bytes], graph: Graph) -> Iterator[str]:
    if contents.name != graph.name:
        yield f"{CONTENTS} calls the pipeline {contents.name[:100]!r}, and its graph is of {graph.name[:100]!r}"
    strange = (parameter.name for parameter in graph.parameters if not is_known(parameter.schema))
    yield from (f"the schema of its parameter {name[:100]!r} is none that a type has" for name in strange)
    if _json(files[PARAMETERS]) != json.loads(written(graph)):
        yield f"{PARAMETERS} does not say what its graph asks for"
    found = content_of(graph, digest(graph), files)
    if contents.content != found:
        yield f"{CONTENTS} says that its content is {contents.content[:64]!r}, and from its graph follows {found!r}"
    missing = {attached.key for attached in attachments(graph)} - contents.values.keys()
    yield from (f"its graph needs the value {key[:100]!r}, which is not in it" for key in sorted(missing))
    if not _are_manifests(files[MANIFESTS]):
        yield f"{MANIFESTS} does not say what fingerprints cover"


def _json(data: bytes) -> object:
    """Return what a document says; None for what is no JSON."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _are_manifests(data: bytes) -> bool:
    found = _json(data)
    try:
        return isinstance(found, dict) and all(Manifest.from_json(one) for one in found.values())
    except (ValueError, TypeError, KeyError, AttributeError):
        return False

"""Write a pipeline's document to a file, with what the document names beside it: code, and what no document can hold."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from ..compilers.fingerprints import Manifest
from ..compilers.graph import Graph
from ..compilers.targets import SENDS_CODE, azureml, write_as
from ..compilers.targets.azureml.documents import ATTACHED, CODE
from ..compilers.targets.azureml.plans import code_name
from .functions import packed_with_modules
from .packaging import Package, Packaging
from .store import LocalStore, encode
from .store.portable import write_out


def document(graph: Graph, manifests: Mapping[str, Manifest], root: Path, target: str, to: Path | None = None) -> str:
    """Return a graph as a target's document; with ``to`` write it there, and what it names into folders beside it.

    Raises UnknownTarget, what the target refuses, NoCodec, and OSError.
    """
    if target not in SENDS_CODE:
        text = write_as(graph, target)
    else:
        packages = _packages(graph, manifests, root)
        text = azureml.write(graph, {node: package.lock for node, package in packages.items()})
        if to is not None:
            _write_beside(graph, packages, to.parent)
    if to is not None:
        to.write_text(text, encoding="utf-8")
    return text


def _packages(graph: Graph, manifests: Mapping[str, Manifest], root: Path) -> dict[str, Package]:
    packaging = Packaging(root, manifests)
    return {node.id: packaging.package(node) for node in graph}


def _write_beside(graph: Graph, packages: Mapping[str, Package], folder: Path) -> None:
    for node in graph:
        package = packages[node.id]
        place = folder / CODE / code_name(node, package.lock)
        if not place.exists():
            package.write(place)
    values = list(graph.attachments.values())
    with tempfile.TemporaryDirectory(prefix="penstock-") as scratch, packed_with_modules(values):
        store = LocalStore(scratch)
        for key, value in graph.attachments.items():
            write_out(encode(value, store), store, folder / ATTACHED / azureml.folder_name(key))

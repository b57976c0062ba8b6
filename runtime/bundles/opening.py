"""Open a bundle: lay its files out, compare what is installed with what it was made with, and get its pipeline back."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from ...compilers.errors import CompileError
from ...compilers.fingerprints import Manifest
from ...compilers.graph import Graph, Node
from ...compilers.lowering import Compiled
from ...compilers.serialisation import from_json
from ..errors import BundleError, StoreError
from ..store import LocalStore, decode
from ..store.portable import read_in
from .archives import digest_of, read_archive
from .contents import CODE, GRAPH, MANIFESTS, Contents
from .parameters import Signature, outline, signature_of
from .values import ReadPath, parameter_value, path_named


class BundleWarning(UserWarning):
    """What is installed here differs from what a bundle was made with.

    Its results may differ too, so they are neither reused nor kept for reuse. Install what it names, or publish anew from here.
    """


@frozen(slots=False)
class Bundle:
    """A bundle whose files lie in ``folder``; ``shown`` is what errors call it."""

    contents: Contents
    digest: str
    folder: Path
    shown: str

    @property
    def code(self) -> Path:
        """The folder that the bundle's modules are imported from."""
        return self.folder / CODE

    @functools.cached_property
    def signature(self) -> Signature:
        """What the pipeline is called, is for, and asks for; reading it imports nothing. Raises BundleError."""
        with self._told(GRAPH):
            return signature_of(outline((self.folder / GRAPH).read_bytes(), self.shown))

    @functools.cached_property
    def graph(self) -> Graph:
        """The pipeline's graph, without the values that no document holds; defaults that are members of an enum import it.

        Raises BundleError.
        """
        with self._told(GRAPH):
            return from_json((self.folder / GRAPH).read_text(encoding="utf-8"))

    def differences(self) -> tuple[str, ...]:
        """Say what is installed here in another version than where the bundle was made, or is not."""
        return tuple(_differences(self.contents))

    def compiled(self, inputs: Mapping[str, object], path: ReadPath = path_named) -> Compiled:
        """Return the pipeline with values for its parameters, JSON's or Python's, ready to run in this process.

        ``path`` reads the texts that name files. Warns where what is installed differs; then nothing is reused. Raises as :meth:`enter` does.
        """
        self.enter()
        graph, manifests = self._ready
        found = self.differences()
        if found:
            told = f"{self.shown}: {'; '.join(found)}. Nothing is reused, since results may differ"
            warnings.warn(told, BundleWarning, stacklevel=2)
            graph, manifests = _without_fingerprints(graph), {}
        return Compiled(graph, self._values(inputs, path), self.code, manifests)

    def enter(self) -> None:
        """Let this process import the bundle's modules from now on, before all others.

        Raises BundleError where a module of the same name is loaded already: run each bundle in a process of its own.
        """
        code = str(self.code)
        if code in sys.path[:1]:
            return
        for name in _modules(self.code):
            known = getattr(sys.modules.get(name), "__file__", None)
            if known is not None and not known.startswith(code + os.sep):
                raise BundleError(
                    self.shown,
                    f"a module {name!r} is loaded from {known} already; run it in a process of its own (`penstock run`)",
                )
        sys.path.insert(0, code)

    @functools.cached_property
    def _ready(self) -> tuple[Graph, Mapping[str, Manifest]]:
        """The graph with its values, and the manifests; read once for all runs of a process."""
        with self._told(MANIFESTS):
            manifests = _manifests((self.folder / MANIFESTS).read_bytes())
        return attrs.evolve(self.graph, attachments=self._attachments()), manifests

    def _values(self, inputs: Mapping[str, object], path: ReadPath) -> dict[str, object]:
        graph, _ = self._ready
        known = {parameter.name: parameter for parameter in graph.parameters}
        with self._told(GRAPH):
            return {
                name: parameter_value(value, known[name], graph.attachments, path) if name in known else value
                for name, value in inputs.items()
            }

    def _attachments(self) -> dict[str, object]:
        with tempfile.TemporaryDirectory(prefix="penstock-") as scratch:
            store = LocalStore(scratch)
            try:
                return {
                    key: decode(read_in(self.folder / folder, store), store)
                    for key, folder in self.contents.values.items()
                }
            except StoreError as error:
                raise BundleError(self.shown, f"a value in it cannot be read: {error}") from error

    @contextlib.contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Turn what reading a file of the bundle raises into an error about the bundle."""
        try:
            yield
        except BundleError:
            raise
        except (CompileError, OSError, ImportError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise BundleError(self.shown, f"its {name} cannot be read: {error}") from error


def open_bundle(data: bytes, place: Path, shown: str = "the bundle") -> Bundle:
    """Check a bundle and lay its files out below ``place``, in a folder of its digest; one that is there is checked and used.

    Raises BundleError for what is no bundle, damaged or hostile, and OSError.
    """
    contents, files = read_archive(data, shown)
    digest = digest_of(data)
    folder = place / digest[:32]
    if not _is_whole(folder, files):
        _lay_out(folder, files)
    return Bundle(contents, digest, folder, shown)


def open_file(path: Path, place: Path) -> Bundle:
    """Open the bundle in a file, as :func:`open_bundle` does."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BundleError(str(path), f"it cannot be read: {error.strerror or error}") from error
    return open_bundle(data, place, str(path))


def _is_whole(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Say whether a folder has just these files: what people change in it must not run."""
    try:
        kept = all((folder / name).read_bytes() == data for name, data in files.items())
    except OSError:
        return False
    known = {folder / name for name in files}
    return kept and all(file in known or "__pycache__" in file.parts for file in folder.rglob("*") if file.is_file())


def _lay_out(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".new-"))
    try:
        (scratch / CODE).mkdir()
        for name, data in files.items():
            (scratch / name).parent.mkdir(parents=True, exist_ok=True)
            (scratch / name).write_bytes(data)
        if folder.exists():  # changed by hand: out of the way in one step, since somebody may be reading
            folder.rename(scratch.with_name(f".old-{scratch.name}"))
        scratch.rename(folder)
    except OSError:
        if not _is_whole(folder, files):  # another process may have been quicker
            raise
    finally:
        for gone in (scratch, scratch.with_name(f".old-{scratch.name}")):
            shutil.rmtree(gone, ignore_errors=True)


def _modules(code: Path) -> Iterator[str]:
    """Yield the names under which the modules of a folder are imported."""
    for file in sorted(code.rglob("*.py")):
        parts = file.relative_to(code).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _manifests(data: bytes) -> dict[str, Manifest]:
    found: Mapping[str, Any] = json.loads(data)
    return {key: Manifest.from_json(document) for key, document in found.items()}


def _differences(contents: Contents) -> Iterator[str]:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if contents.python != here:
        yield f"it was made with Python {contents.python}, and this is {here}"
    for name, version in contents.distributions.items():
        try:
            installed = metadata.version(name).partition("+")[0]
        except metadata.PackageNotFoundError:
            yield f"it needs {name} {version}, which is not installed"
            continue
        if installed != version:
            yield f"it was made with {name} {version}, and {installed} is installed"


def _without_fingerprints(graph: Graph) -> Graph:
    return attrs.evolve(graph, nodes=tuple(map(_unidentified, graph.nodes)))


def _unidentified(node: Node) -> Node:
    control = node.control
    if control is not None:
        bodies = {
            name: _without_fingerprints(body)
            for name, body in attrs.asdict(control, recurse=False).items()
            if isinstance(body, Graph)
        }
        control = attrs.evolve(control, **bodies)  # type: ignore[arg-type]  # each graph under its own name
    return attrs.evolve(node, fingerprint=None, control=control)

"""Identify what goes into a step call: inputs by content, declared files and variables, and the code.

The key of a call is the blake3 of: scheme, fingerprint of the code, version, declared files and variables, environment,
names of the outputs, and each input by name. Whatever cannot be identified gives no key, and such a call is never reused.

An input is identified by its content, not by where it came from, so that a step that reran but made the same bytes does
not rerun its consumers. That needs care where the same bytes may mean something else tomorrow: a pickled object behaves
as its class does, and no consumer need mention that class. So

* plain data, text and files are identified by their digest;
* arrays and tables by their digest and the version of their library;
* anything pickled by its digest and the key of the call that made it, which covers the code of its classes.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping
from enum import Enum
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, final

from blake3 import blake3

from ..compilers import fingerprints
from ..compilers.datapaths import DataPath
from ..compilers.errors import CompileError
from ..compilers.graph import Environment, Literal, Node, NodeOptions
from ..compilers.values import to_json
from .artifacts import Artifact
from .bases import Basis
from .errors import DatastoreError, StoreError
from .resolved import Gathered, Resolved, Stored, summarise_input
from .store import ArtifactStore, decode
from .store.trees import describe, digest_of, hash_file, list_files
from .whereabouts import Whereabouts

if TYPE_CHECKING:
    from ..compilers.fingerprints import DeclaredPaths

SCHEME = "penstock-2"
"""Grows when a key made before could mean something else now."""

_PLAIN = frozenset({"json", "text", "bytes", "path"})
_LIBRARIES = {"numpy": "numpy", "parquet": "pandas", "arrow": "pyarrow", "polars": "polars", "safetensors": "torch"}

_MANY, _REMEMBERED = 100, 16
"""Items of a list whose identity is remembered, and how many such lists are."""

_LONGEST = 10_000
"""Characters of the identity of a collection; a longer one is kept as its digest."""

_QUICK: Mapping[type, Callable[[Any], str]] = {
    int: int.__repr__,
    str: json.encoder.encode_basestring_ascii,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): lambda _: "null",
}
"""The types of which :func:`_by_content` writes plain JSON, and how that is written without asking further."""


@final
class Identifier:
    """Identifies the calls of one run. What steps declare is looked at once between two steps that execute."""

    def __init__(self, where: Whereabouts, store: ArtifactStore, files: DeclaredPaths | None = None) -> None:
        self._files = files or fingerprints.DeclaredPaths()
        self._names_files = False
        self._where = where
        self._store = store
        self._declared: dict[int, tuple[NodeOptions, Mapping[str, str]]] = {}
        self._lists: dict[int, tuple[Gathered, str | None]] = {}
        self._beginnings: dict[tuple[str | None, int, int], tuple[Node, bytes]] = {}

    def identify(self, inputs: Mapping[str, Resolved]) -> dict[str, str | None]:
        """Return what identifies each input; None for one that cannot be identified."""
        return {name: self._identity(value) for name, value in inputs.items()}

    def key(self, node: Node, identities: Mapping[str, str | None]) -> str | None:
        """Return the key of a call whose inputs are identified so; None where something cannot be identified."""
        beginning = self.beginning(node)
        return None if beginning is None else key_of(beginning, identities)

    def beginning(self, node: Node) -> bytes | None:
        """Return what all calls of one step with the same options have in common; None where it cannot be identified."""
        if node.fingerprint is None:
            return None
        try:
            return self._beginning(node)
        except CompileError:  # what is declared cannot be read, as the basis says
            return None

    def basis(
        self, node: Node, inputs: Mapping[str, Resolved], identities: Mapping[str, str | None], key: str | None
    ) -> Basis:
        """Return all that a call of that key is based on, in words."""
        found = {name: (identities[name], summarise_input(value)) for name, value in inputs.items()}
        unknown = [
            f"its input {name!r} ({summary}) cannot be identified"
            for name, (identity, summary) in found.items()
            if identity is None
        ]
        if node.fingerprint is None:
            unknown.append("its code cannot be identified")
        declared: Mapping[str, str] = {}
        try:
            declared = self._declarations(node.options)
        except CompileError as error:
            unknown.append(str(error))
        return Basis(None if unknown else key, node.fingerprint, found, declared, "; ".join(unknown))

    def forget_files(self) -> None:
        """Look again at what steps declare: a step that has executed may have written it."""
        if self._names_files:
            self._names_files = False
            self._files.forget()
            self._declared.clear()
            self._beginnings.clear()

    def _identity(self, value: Resolved) -> str | None:
        """Return what identifies an input; that of a long list, which may go to each of many calls, is remembered."""
        if not isinstance(value, Gathered) or len(value.items) < _MANY:
            return identify_input(value, self._where, self._store)
        if id(value) not in self._lists:
            if len(self._lists) >= _REMEMBERED:
                self._lists.clear()
            self._lists[id(value)] = value, identify_input(value, self._where, self._store)
        return self._lists[id(value)][1]

    def _beginning(self, node: Node) -> bytes:
        known = (node.fingerprint, id(node.options), id(node.outputs))
        if known not in self._beginnings:
            outputs = [output.name for output in node.outputs]
            facts = json.dumps([SCHEME, node.fingerprint, self._declarations(node.options), outputs])
            self._beginnings[known] = (
                node,
                blake3(facts.encode()).digest(),
            )  # held, so that the ids stay those of its parts
        return self._beginnings[known][1]

    def _declarations(self, options: NodeOptions) -> Mapping[str, str]:
        """Return what a step declares, by name; the options are held, so that their id stays theirs."""
        if id(options) not in self._declared:
            self._names_files |= bool(options.hash_paths)
            self._declared[id(options)] = options, _declarations(options, self._where.root, self._files)
        return self._declared[id(options)][1]


def key_of(beginning: bytes, identities: Mapping[str, str | None]) -> str | None:
    """Return the key of a call that begins so and whose inputs are identified so; None where one cannot be."""
    if None in identities.values():
        return None
    parts = [f"{name}={len(identity)}:{identity};" for name, identity in identities.items() if identity is not None]
    return blake3(beginning + "".join(parts).encode()).hexdigest()


def _declarations(options: NodeOptions, root: Path, files: DeclaredPaths) -> Mapping[str, str]:
    declared = {f"file {path}": files.digest(root / path) for path in options.hash_paths}
    declared |= {f"variable {name}": os.environ.get(name, "") for name in options.env}
    return declared | {"version": options.version or "", "environment": _environment(options.environment)}


def identify_input(value: Resolved, where: Whereabouts, store: ArtifactStore) -> str | None:
    """Return what identifies an input, or None."""
    try:
        return _identify_input(value, where, store)
    except (OSError, StoreError, DatastoreError):  # what cannot be read: the step will say so
        return None


def _identify_input(value: Resolved, where: Whereabouts, store: ArtifactStore) -> str | None:
    if isinstance(value, Literal):
        quick = _QUICK.get(type(value.value))
        return quick(value.value) if quick else json.dumps(_by_content(value.value, where))
    if isinstance(value, Stored):
        return _identify_stored(value, where, store)
    parts = [identify_input(item, where, store) for item in value.items]
    if None in parts or (value.shape.kind == "namedtuple" and value.identity is None):
        return None
    shape = value.shape
    text = json.dumps([shape.kind, [to_json(key) for key in shape.keys], shape.type, value.identity, parts])
    return text if len(text) <= _LONGEST else f"{shape.kind} {blake3(text.encode()).hexdigest()}"


def _identify_stored(value: Stored, where: Whereabouts, store: ArtifactStore) -> str | None:
    if value.identity is None or not value.path:
        return value.identity
    if value.artifact.codec == "json" and value.artifact.inline is not None:
        try:
            item = functools.reduce(lambda whole, item: whole[item], value.path, decode(value.artifact, store))  # type: ignore[index]
        except (LookupError, TypeError):
            item = value.path  # the step will say what is wrong
        return json.dumps(_by_content(item, where))
    return json.dumps([value.identity, list(value.path)])


def identify_output(artifact: Artifact, key: str | None) -> str | None:
    """Return what identifies an output of the call with that key; see the rule at the top of this module."""
    return identity_by_content(artifact) or (None if key is None else f"{artifact.digest} {key}")


def identity_by_content(artifact: Artifact) -> str | None:
    """Return what identifies a value that means the same whatever made it; None where that is not so."""
    if artifact.codec in _PLAIN:
        return artifact.digest
    if artifact.codec in _LIBRARIES:
        return f"{artifact.digest} {_version(_LIBRARIES[artifact.codec])}"
    return None


@functools.cache
def _version(library: str) -> str:
    """Return the version of a distribution; the first call is made while steps wait for it."""
    if found := fingerprints.Distributions().by_name(library):
        return found.version
    from importlib import metadata  # 0.01 s, and finds what lies in archives

    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "absent"


def _by_content(value: Any, where: Whereabouts) -> Any:
    """Write a plain value as JSON in which paths stand for what they lead to."""
    if isinstance(value, PurePath):
        path = where.root / value
        return {"$path": [path.name, path_digest(path)]}
    if isinstance(value, DataPath):
        return {"$data": [value.name, where.identity(value)]}
    if type(value) in (list, tuple, set, frozenset):
        items = [_by_content(item, where) for item in value]
        ordered = sorted(items, key=json.dumps) if isinstance(value, set | frozenset) else items
        return {f"${type(value).__name__}": ordered}
    if type(value) is dict:
        return {"$dict": [[_by_content(key, where), _by_content(item, where)] for key, item in value.items()]}
    return {**to_json(value), "class": _code_of(value)} if isinstance(value, Enum) else to_json(value)


@functools.cache
def _code_of(member: Enum) -> str:
    """Identify a member by its value and the code of its class: who receives it need not mention the class."""
    identity = fingerprints.digest_value(member)
    if identity is None:
        raise StoreError(f"{member!r} cannot be identified")
    return identity


def path_digest(path: Path) -> str:
    """Return the blake3 of a file's content, or of a folder's names and contents; a missing path has its own name."""
    if path.is_dir():
        return digest_of(describe(path, list_files(path)))
    if path.is_file():
        return hash_file(str(path), path.stat().st_size)
    return f"missing {path.as_posix()}"


def _environment(environment: Environment | None) -> str:
    if environment is None:
        return ""
    return json.dumps([environment.packages, environment.image, sorted(environment.variables.items())])

"""Write an artifact into a folder of its own, and take it in again: how artifacts travel where no store is shared.

The folder holds the artifact's files as they are, under ``files/``, so that other programs can read them, and
``artifact.json``, which says the rest: what blob storage forgets (which files are executable, which folders are empty) too.
"""

from __future__ import annotations

import base64
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs

from ..artifacts import Artifact
from ..errors import CorruptArtifact, StoreError
from .artifacts import ArtifactStore
from .staging import copy_file, staged
from .trees import SEAL, list_files

DESCRIPTION = "artifact.json"
FILES = "files"
_SCHEMA = 1
_FILE, _PROGRAM = stat.S_IFREG | 0o644, stat.S_IFREG | 0o755


def write_out(artifact: Artifact, store: ArtifactStore, folder: Path) -> None:
    """Write an artifact into a folder, the description last: one that is broken off has none.

    Raises ArtifactNotFound, CorruptArtifact, and OSError where it cannot be written.
    """
    executable, empty = [], []
    if artifact.inline is None:
        place = store.get(artifact.digest)
        for name, status in list_files(place).items():
            copied = stat.S_ISREG(status.st_mode)
            executable += [name] if copied and status.st_mode & stat.S_IXUSR else []
            empty += [] if copied else [name]
            if copied:
                copy_file(place / name, folder / FILES / name, mode=_FILE)
    folder.mkdir(parents=True, exist_ok=True)
    document = describe(artifact) | {"executable": executable, "folders": empty}
    (folder / DESCRIPTION).write_text(json.dumps(document, indent=1), encoding="utf-8")


def read_in(folder: Path, store: ArtifactStore) -> Artifact:
    """Take the artifact of a folder into a store. Raises StoreError for a folder that holds none, and CorruptArtifact."""
    text = _text(folder)
    artifact = read_description(text, str(folder))
    if artifact.inline is None and not store.has(artifact.digest):
        take_files(artifact, json.loads(text), folder / FILES, store)
    return artifact


def take_files(artifact: Artifact, document: Mapping[str, Any], files: Path, store: ArtifactStore) -> None:
    """Put the files of an artifact into a store, as its description says they were. Raises CorruptArtifact."""
    executable = set(document.get("executable", ()))
    with staged(store.staging) as place:
        for name in document.get("folders", ()):
            _inside(place, name).mkdir(parents=True, exist_ok=True)
        for file in _files(files):
            name = file.relative_to(files).as_posix()
            copy_file(file, place / name, mode=_PROGRAM if name in executable else _FILE)
        digest, _ = store.put(place)
    if digest != artifact.digest:
        raise CorruptArtifact(artifact.digest, f"the files in {files} are not the ones that were written")


def describe(artifact: Artifact) -> dict[str, Any]:
    """Return an artifact as a document, without its files."""
    fields = attrs.asdict(artifact)
    inline = artifact.inline
    fields["inline"] = None if inline is None else base64.b64encode(inline).decode("ascii")
    return {"schema": _SCHEMA, **fields}


def read_description(text: str, where: str) -> Artifact:
    """Return the artifact that a description tells of. Raises StoreError; ``where`` is how it calls the place."""
    try:
        document = json.loads(text)
        if document["schema"] != _SCHEMA:
            raise ValueError(f"schema {document['schema']!r} is not {_SCHEMA}, the only one this Penstock reads")
        fields = {name: document[name] for name in ("digest", "codec", "size", "type", "summary")}
        inline = document["inline"]
        return Artifact(**fields, inline=None if inline is None else base64.b64decode(inline, validate=True))
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{where} does not describe an artifact: {error!r}; it was changed or cut off") from error


def _text(folder: Path) -> str:
    try:
        return (folder / DESCRIPTION).read_text(encoding="utf-8")
    except OSError as error:
        raise StoreError(
            f"{folder} holds no artifact: {DESCRIPTION} cannot be read ({error.strerror}). Expected what a step of Penstock "
            "has written there; the step may not have completed"
        ) from error


def _files(folder: Path) -> list[Path]:
    found = [Path(place, name) for place, _, names in os.walk(folder) for name in names]
    return [file for file in found if file.relative_to(folder).as_posix() != SEAL]


def _inside(place: Path, name: str) -> Path:
    """Return a path below a folder. Raises StoreError for one that leads out of it."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise StoreError(f"an artifact names the folder {name!r}, which lies outside of it")
    return place / name

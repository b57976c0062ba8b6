"""Keep beside a run which job of Azure it is, so that another process finds it again."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from attrs import field, frozen

from ..errors import RunError
from ..store.space import explaining_full_disk

FILE = "azure.json"
"""The file in the run's folder."""

_SCHEMA = 1


@frozen
class Submitted:
    """A job that was submitted. ``workspace`` is Azure's id of the workspace, ``nodes`` are the nodes by the names of its steps.

    ``outputs`` are the names of outputs there, by node and name here.
    """

    job: str
    workspace: str
    studio: str
    nodes: Mapping[str, str]
    outputs: Mapping[str, Mapping[str, str]]


@final
@frozen
class Places:
    """Where the outputs of a run lie in the workspace: URIs by the digest of the artifact; written down as it grows."""

    file: Path
    known: dict[str, str] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False, eq=False)

    @classmethod
    def of(cls, folder: Path) -> Places:
        """Return what is written down in the folder of a run."""
        file = folder / "azure-outputs.json"
        return cls(file, json.loads(file.read_text(encoding="utf-8")) if file.exists() else {})

    def add(self, found: Mapping[str, str]) -> None:
        """Note where artifacts lie."""
        with self._lock:
            self.known.update(found)
            self.file.write_text(json.dumps(self.known), encoding="utf-8")


def keep(submitted: Submitted, folder: Path) -> None:
    """Write down what was submitted. Raises StoreError on a full disk."""
    document = {
        "schema": _SCHEMA,
        "job": submitted.job,
        "workspace": submitted.workspace,
        "studio": submitted.studio,
        "nodes": dict(submitted.nodes),
        "outputs": {node: dict(names) for node, names in submitted.outputs.items()},
    }
    with explaining_full_disk(folder):
        (folder / FILE).write_text(json.dumps(document, indent=1), encoding="utf-8")


def kept(folder: Path) -> Submitted | None:
    """Read what was submitted as a run; None where it ran here. Raises RunError for a file that cannot be read."""
    file = folder / FILE
    if not file.exists():
        return None
    try:
        document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if document.pop("schema") != _SCHEMA:
            raise ValueError(f"another schema than {_SCHEMA}")
        return Submitted(**document)
    except (ValueError, KeyError, TypeError) as error:
        raise RunError(f"{file} does not say which job it was: {error!r}; it was changed or cut off") from error

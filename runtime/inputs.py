"""Keep what a run was given beside its logs, so that one of its steps can be run again later.

The history remembers parameters as short text, for people. Here they are kept as values, with the folders that the
run's modules were imported from.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from ..compilers.errors import GraphFormatError
from ..compilers.graph import Literal
from ..compilers.values import from_json, to_json
from .artifacts import Artifact
from .errors import RunError
from .resolution import Values
from .resolved import Resolved, Stored
from .store.space import explaining_full_disk

FILE = "inputs.json"
"""The file in the run's folder."""

_SCHEMA = 1
_LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))


@frozen(eq=False)
class Kept:
    """What a run was given. ``root`` is where its relative paths start; ``path`` the folders of its own modules."""

    root: Path
    path: tuple[str, ...]
    parameters: Mapping[str, Resolved]
    attached: Mapping[str, Stored]

    def values(self) -> Values:
        """Return the values, to be filled with outputs."""
        return Values(self.parameters, self.attached, {})


def keep_inputs(folder: Path, root: Path, values: Values) -> None:
    """Write what a run is given into its folder. Raises StoreError on a full disk, and OSError where it cannot be written."""
    document = {
        "schema": _SCHEMA,
        "root": str(root),
        "path": _own_folders(),
        "parameters": {name: _written(value) for name, value in values.parameters.items()},
        "attached": {key: _written(value) for key, value in values.attached.items()},
    }
    with explaining_full_disk(folder):
        (folder / FILE).write_text(json.dumps(document), encoding="utf-8")


def kept_inputs(folder: Path) -> Kept | None:
    """Read what a run was given; None where it was not kept. Raises RunError for a file that cannot be read."""
    file = folder / FILE
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    try:
        return _read(json.loads(text))
    except (ValueError, KeyError, TypeError, GraphFormatError) as error:
        raise RunError(f"{file} does not say what the run was given: {error!r}; it was changed or cut off") from error


def _read(document: dict[str, Any]) -> Kept:
    if document["schema"] != _SCHEMA:
        raise ValueError(f"schema {document['schema']!r} is not {_SCHEMA}, the only one this Penstock reads")
    attached = {key: _stored(data) for key, data in document["attached"].items()}
    parameters = {name: _read_value(data) for name, data in document["parameters"].items()}
    return Kept(Path(document["root"]), tuple(document["path"]), parameters, attached)


def _own_folders() -> list[str]:
    """Return where modules are looked for, but for Python's own and the installed ones."""
    folders = dict.fromkeys(str(Path(entry or ".").absolute()) for entry in sys.path)
    own = [folder for folder in folders if not folder.startswith(_LIBRARIES)]
    return [folder for folder in own if os.path.isdir(folder)]  # noqa: PTH112 -- Path.is_dir() fails where it may not look


def _written(value: Resolved) -> dict[str, Any]:
    if isinstance(value, Literal):
        return {"value": to_json(value.value)}
    if not isinstance(value, Stored):
        raise TypeError("what a run is given is never a collection of references")
    fields = attrs.asdict(value.artifact)
    inline = value.artifact.inline
    fields["inline"] = None if inline is None else base64.b64encode(inline).decode("ascii")
    return {"artifact": fields, "identity": value.identity}


def _read_value(data: dict[str, Any]) -> Resolved:
    return _stored(data) if "artifact" in data else Literal(from_json(data["value"]))


def _stored(data: dict[str, Any]) -> Stored:
    fields = dict(data["artifact"])
    if fields["inline"] is not None:
        fields["inline"] = base64.b64decode(fields["inline"], validate=True)
    return Stored(Artifact(**fields), (), data["identity"])

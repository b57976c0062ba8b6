"""Say what is in a bundle: the document at its top, which names every other file with its size and digest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import attrs
from attrs import field, frozen

from ..errors import BundleError

SCHEMA: Final = 1
"""The version of the document. It grows when an older Penstock could misread a newer bundle."""

SUFFIX: Final = ".bundle"

CONTENTS: Final = "bundle.json"
GRAPH: Final = "graph.json"
PARAMETERS: Final = "parameters.json"
MANIFESTS: Final = "fingerprints.json"
CODE: Final = "code/"
VALUES: Final = "values/"


@frozen
class Entry:
    """A file in a bundle: its size in bytes, and the blake3 of its content in hex."""

    size: int
    digest: str


@frozen
class Contents:
    """The document at the top of a bundle.

    ``content`` identifies what the pipeline computes, whatever else changed; ``python`` is the minor version and
    ``distributions`` are the installed distributions that the code reaches, where it was made; ``values`` maps the graph's attachments to folders.
    """

    name: str
    content: str
    python: str
    distributions: Mapping[str, str] = field(factory=dict)
    values: Mapping[str, str] = field(factory=dict)
    files: Mapping[str, Entry] = field(factory=dict)

    def to_json(self) -> str:
        """Return the document as text, the same for the same contents."""
        return json.dumps({"schema": SCHEMA, **attrs.asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False)


def read_contents(data: bytes, bundle: str) -> Contents:
    """Read the document of a bundle. Raises BundleError with what is wrong in it."""
    try:
        document = json.loads(data)
        found = document.pop("schema")
        if found != SCHEMA:
            raise BundleError(bundle, f"it has schema {found!r}, and this Penstock reads schema {SCHEMA}")
        return _contents(document)
    except BundleError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BundleError(bundle, f"its {CONTENTS} cannot be understood: {error!r}") from error


def _contents(document: Mapping[str, Any]) -> Contents:
    files = {
        _text(name): Entry(_size(entry["size"]), _text(entry["digest"])) for name, entry in document["files"].items()
    }
    texts = {name: _text(document[name]) for name in ("name", "content", "python")}
    maps = {name: _texts(document[name]) for name in ("distributions", "values")}
    return Contents(**texts, **maps, files=files)  # type: ignore[arg-type]  # each by its name


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _texts(value: Mapping[str, object]) -> dict[str, str]:
    return {_text(key): _text(item) for key, item in value.items()}


def _size(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} is no size")
    return value

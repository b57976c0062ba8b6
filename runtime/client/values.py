"""Write the values of parameters as a request carries them; files of this machine are sent before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from ..bundles.parameters import as_json
from ..errors import MissingInput
from .connections import Connection


def paths_in(value: Any) -> Iterator[PurePath]:
    """Yield the local paths in a value, at any depth."""
    if isinstance(value, PurePath):
        yield value
    elif isinstance(value, dict):
        yield from paths_in(list(value.values()))
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from paths_in(item)


def carried(endpoint: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them; paths are texts. Raises MissingInput, by name, for what no request can carry, and files that are not there."""
    return {name: _carried(endpoint, name, value) for name, value in given.items()}


def send_files(connection: Connection, given: Mapping[str, Any]) -> dict[str, Any]:
    """Send the files that values name, each once, and return the values with what stands for the files on the server."""
    places = {path: _sent(connection, Path(path)) for path in dict.fromkeys(paths_in(dict(given)))}
    return {name: _replaced(value, places) for name, value in given.items()}


def _carried(endpoint: str, name: str, value: Any) -> Any:
    for path in paths_in(value):
        if not Path(path).is_file():
            what = "is a folder; put it into a datastore" if Path(path).is_dir() else "is not there"
            raise MissingInput(f"{endpoint} was called with {name}={str(path)!r}, and a file is sent: this one {what}")
    found = as_json(value)
    try:
        json.dumps(found, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise MissingInput(f"{endpoint} was called with {name}= a value that no request can carry: {error}") from None
    return found


def _sent(connection: Connection, path: Path) -> str:
    with path.open("rb") as file:
        answer = connection.ask(
            "POST", "uploads", query={"name": path.name}, data=file, media="application/octet-stream"
        )
    return str(answer["path"])


def _replaced(value: Any, places: Mapping[PurePath, str]) -> Any:
    if isinstance(value, PurePath):
        return places[value]
    if isinstance(value, dict):
        return {key: _replaced(item, places) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_replaced(item, places) for item in value]
    return as_json(value)

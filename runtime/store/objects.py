"""Ask a file system of fsspec which files the artifacts below a folder have, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from .trees import SEAL

Files: TypeAlias = Mapping[str, Mapping[str, Any]]
"""What the file system says of the files of one artifact, by their names in it."""

_TIMES = ("mtime", "LastModified", "last_modified", "updated")
"""How file systems call the time of the last change in a listing: the local one, S3, Azure, Google."""


def found_below(files: Any, root: str) -> dict[str, Files]:
    """Group all files below ``root`` by the artifact that they belong to, in one listing."""
    grouped: dict[str, dict[str, Mapping[str, Any]]] = {}
    for path, info in files.find(root, detail=True).items():
        parts = _below(path, root).split("/", 2)
        if len(parts) == 3:
            grouped.setdefault(parts[1], {})[parts[2]] = info
    return dict(grouped)


def found_in(files: Any, place: str) -> Files:
    """List the files of one artifact; none where there is no such folder."""
    try:
        return {_below(path, place): info for path, info in files.find(place, detail=True).items()}
    except FileNotFoundError:
        return {}


def last_put(files: Any, found: Files) -> float:
    """Return when an artifact was last put: the time of its seal, or of the newest file where it has none.

    In seconds since the epoch; infinitely late where the file system does not tell times.
    """
    wanted = [found[SEAL]] if SEAL in found else found.values()
    return max((_modified(files, info) for info in wanted), default=0.0)


def size_of(found: Files) -> int:
    """Add up the bytes of the files."""
    return sum(int(info.get("size") or 0) for info in found.values())


def _below(path: str, root: str) -> str:
    return path.strip("/")[len(root.strip("/")) + 1 :]


def _modified(files: Any, info: Mapping[str, Any]) -> float:
    told = next((info[name] for name in _TIMES if info.get(name) is not None), None)
    if told is None:
        try:
            told = files.modified(info["name"])
        except NotImplementedError:
            return float("inf")
        except FileNotFoundError:
            return 0.0
    return _seconds(told)


def _seconds(told: Any) -> float:
    if isinstance(told, str):
        told = datetime.fromisoformat(told)
    if not isinstance(told, datetime):
        return float(told)
    return (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp()

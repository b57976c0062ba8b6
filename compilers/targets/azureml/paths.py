"""Find paths in plain values, and guess by its name what a path leads to."""

from __future__ import annotations

import re
from pathlib import PurePath

from ...datapaths import DataPath


def holds_path(value: object) -> bool:
    """Say whether a plain value is a path, or holds one."""
    if isinstance(value, dict):
        return any(map(holds_path, value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return any(map(holds_path, value))
    return isinstance(value, PurePath | DataPath)


def data_type(path: PurePath | DataPath) -> str:
    """Return the type of data that a path most likely leads to, by its name: nothing is looked up while compiling."""
    return "uri_file" if re.search(r"[^/.]\.[A-Za-z0-9]{1,8}$", path.name) else "uri_folder"

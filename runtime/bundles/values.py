"""Make the Python values that JSON values stand for, where the bundle's modules can be imported."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...compilers.datapaths import DataPath
from ..fitting import Schema, faults


def as_python(value: Any, schema: Schema) -> Any:
    """Return the Python value that a JSON value stands for: paths, dates, members of enums, tuples and sets. Others stay.

    Raises ImportError and AttributeError where the class of an enum is not to be found.
    """
    if "anyOf" in schema:
        fitting = (option for option in schema["anyOf"] if not list(faults(value, option, "")))
        option = next(fitting, None)
        return value if option is None else as_python(value, option)
    if isinstance(value, str):
        return _from_text(value, schema)
    if isinstance(value, list):
        return _collection(schema)(as_python(item, inner) for item, inner in _items(value, schema))
    inner = schema.get("additionalProperties")
    if isinstance(value, dict) and isinstance(inner, Mapping):
        return {key: as_python(item, inner) for key, item in value.items()}
    return value


def _from_text(text: str, schema: Schema) -> Any:
    if "x-python" in schema:
        return _from_enum(text, schema["x-python"])
    return _FORMATS.get(schema.get("format", ""), str)(text)


def _from_enum(name: str, path: str) -> Any:
    module, _, qualname = path.partition(":")
    found: Any = importlib.import_module(module)
    for part in (*qualname.split("."), name):
        found = getattr(found, part)
    return found


_FORMATS: Mapping[str, Callable[[str], Any]] = {
    "date": datetime.date.fromisoformat,
    "date-time": datetime.datetime.fromisoformat,
    "path": lambda text: DataPath.from_url(text) if "://" in text else Path(text),
    "uri": DataPath.from_url,
}


def _collection(schema: Schema) -> Callable[[Iterable[Any]], Any]:
    if "prefixItems" in schema:
        return tuple
    return set if schema.get("uniqueItems") else list


def _items(value: list[Any], schema: Schema) -> Iterable[tuple[Any, Schema]]:
    if "prefixItems" in schema:
        return zip(value, schema["prefixItems"], strict=False)
    return ((item, schema.get("items", {})) for item in value)

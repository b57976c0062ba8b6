"""Make the Python values that JSON values stand for, where the bundle's modules can be imported."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias

from ...compilers.datapaths import DataPath
from ...compilers.graph import Attached, Parameter
from ..fitting import Schema, faults

ReadPath: TypeAlias = Callable[[str], object]
"""Returns what a text stands for that names a file."""


def path_named(text: str) -> Path | DataPath:
    """Return what a text names: a data path where it is a URL, else a path here."""
    return DataPath.from_url(text) if "://" in text else Path(text)


def parameter_value(
    value: Any, parameter: Parameter, attachments: Mapping[str, object], path: ReadPath = path_named
) -> Any:
    """Return the Python value of a parameter, as :func:`as_python` does.

    An enum that travels by value is in no module; its class is that of the parameter's default, among the ``attachments``.
    """
    default = attachments.get(parameter.default.key) if isinstance(parameter.default, Attached) else None
    if isinstance(default, Enum) and isinstance(value, str) and value in type(default).__members__:
        return type(default)[value]
    return as_python(value, parameter.schema, path)


def as_python(value: Any, schema: Schema, path: ReadPath = path_named) -> Any:
    """Return the Python value that a JSON value stands for: paths, dates, members of enums, tuples and sets. Others stay.

    Raises ImportError and AttributeError where the class of an enum is not to be found.
    """
    if "anyOf" in schema:
        fitting = (option for option in schema["anyOf"] if not list(faults(value, option, "")))
        option = next(fitting, None)
        return value if option is None else as_python(value, option, path)
    if isinstance(value, str):
        return _from_text(value, schema, path)
    if isinstance(value, list):
        return _collection(schema)(as_python(item, inner, path) for item, inner in _items(value, schema))
    inner = schema.get("additionalProperties")
    if isinstance(value, dict) and isinstance(inner, Mapping):
        return {key: as_python(item, inner, path) for key, item in value.items()}
    return value


def _from_text(text: str, schema: Schema, path: ReadPath) -> Any:
    if "x-python" in schema:
        return _from_enum(text, schema["x-python"])
    if schema.get("format") == "path":
        return path(text)
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
    "uri": DataPath.from_url,
}

_KINDS: Mapping[str, Callable[[Iterable[Any]], Any]] = {"builtins:tuple": tuple, "builtins:frozenset": frozenset}


def _collection(schema: Schema) -> Callable[[Iterable[Any]], Any]:
    if "prefixItems" in schema:
        return tuple
    return _KINDS.get(schema.get("x-python", ""), set if schema.get("uniqueItems") else list)


def _items(value: list[Any], schema: Schema) -> Iterable[tuple[Any, Schema]]:
    if "prefixItems" in schema:
        return zip(value, schema["prefixItems"], strict=False)
    return ((item, schema.get("items", {})) for item in value)

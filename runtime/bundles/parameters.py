"""Write the parameters of a bundle's pipeline as JSON Schema, and read them without the classes of their defaults."""

from __future__ import annotations

import datetime
import json
from enum import Enum
from pathlib import PurePath
from typing import Any

from attrs import frozen

from ...compilers.datapaths import DataPath
from ...compilers.graph import Attached, Graph, Literal, Parameter

_TYPE, _FIXED = "x-type", "x-fixed"


@frozen
class Signature:
    """What a pipeline is called, is for, and asks for. Defaults are JSON values: the classes of others may not be here."""

    name: str
    doc: str
    parameters: tuple[Parameter, ...]


def written(graph: Graph) -> str:
    """Return the JSON Schema of what a run of a graph takes; a default is in it where JSON can hold it."""
    free = [parameter for parameter in graph.parameters if not parameter.static]
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": graph.name,
        "description": graph.doc,
        "type": "object",
        "properties": {parameter.name: _property(parameter) for parameter in free},
        "required": [parameter.name for parameter in free if parameter.default is None],
        "additionalProperties": False,
        _FIXED: {parameter.name: parameter.type for parameter in graph.parameters if parameter.static},
    }
    return json.dumps(schema, indent=1)


def _property(parameter: Parameter) -> dict[str, Any]:
    return {**parameter.schema, _TYPE: parameter.type, **_default(parameter.default)}


def _default(default: Literal | Attached | None) -> dict[str, Any]:
    if not isinstance(default, Literal):
        return {}
    value = as_json(default.value)
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return {}
    return {"default": value}


def read(text: str) -> Signature:
    """Read what :func:`written` wrote. Raises ValueError, TypeError, KeyError or AttributeError for anything else."""
    document: dict[str, Any] = json.loads(text)
    required = set(document["required"])
    found = [_parameter(name, dict(one), name in required) for name, one in document["properties"].items()]
    fixed = [Parameter(name, str(kind), static=True) for name, kind in document[_FIXED].items()]
    return Signature(str(document["title"]), str(document["description"]), (*found, *fixed))


def _parameter(name: str, schema: dict[str, Any], required: bool) -> Parameter:
    kind, default = str(schema.pop(_TYPE)), Literal(schema.pop("default", None))
    return Parameter(name, kind, schema, None if required else default)


def as_json(value: Any) -> Any:
    """Write a Python value as a request would carry it; what no request can carry stays."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, PurePath | DataPath):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if type(value) in (list, tuple, set, frozenset):
        return [as_json(item) for item in value]
    return {key: as_json(item) for key, item in value.items()} if type(value) is dict else value

"""Write the parameters of a bundle's pipeline as JSON Schema, and read them without the classes of their defaults."""

from __future__ import annotations

import json
from typing import Any

from attrs import frozen

from ...compilers.graph import Attached, Graph, Literal, Parameter
from ..endpoints.parameters import as_json

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

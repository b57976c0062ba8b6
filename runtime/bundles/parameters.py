"""Say what a bundle's pipeline asks for: read from its graph without the classes of others, and written as JSON Schema."""

from __future__ import annotations

import datetime
import json
from enum import Enum
from pathlib import PurePath
from typing import Any

from attrs import evolve, frozen

from ...compilers.datapaths import DataPath
from ...compilers.errors import CompileError
from ...compilers.graph import Attached, Graph, Literal, Parameter
from ...compilers.members import Member
from ...compilers.serialisation import from_json
from ..errors import BundleError
from ..store.codecs.plain import matches as survives_json
from .contents import GRAPH

_TYPE, _FIXED = "x-type", "x-fixed"


@frozen
class Signature:
    """What a pipeline is called, is for, and asks for.

    Defaults are JSON values, as callers would send them; :class:`Attached` is one that JSON cannot say.
    """

    name: str
    doc: str
    parameters: tuple[Parameter, ...]


def outline(document: bytes, bundle: str) -> Graph:
    """Read a bundle's graph to look at: nothing is imported, members of enums stay names. Raises BundleError.

    ``bundle`` is what errors call it.
    """
    try:
        return from_json(document.decode(), member=Member)
    except (CompileError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BundleError(bundle, f"its {GRAPH} cannot be read: {error}") from error


def signature_of(graph: Graph) -> Signature:
    """Return what a graph asks for."""
    return Signature(graph.name, graph.doc, tuple(map(_sent, graph.parameters)))


def _sent(parameter: Parameter) -> Parameter:
    default = parameter.default
    if isinstance(default, Literal):
        value = as_json(default.value)
        default = Literal(value) if survives_json(value) else Attached(f"parameter:{parameter.name}")
    return evolve(parameter, default=default)


def written(graph: Graph) -> str:
    """Return the JSON Schema of what a run of a graph takes; a default is in it where JSON can hold it."""
    free = [parameter for parameter in signature_of(graph).parameters if not parameter.static]
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
    default = {"default": parameter.default.value} if isinstance(parameter.default, Literal) else {}
    return {**parameter.schema, _TYPE: parameter.type, **default}


def as_json(value: Any) -> Any:
    """Write a Python value as a request would carry it; what no request can carry stays."""
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Member):
        return value.short
    if isinstance(value, PurePath | DataPath):
        return str(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if type(value) in (set, frozenset):
        return sorted(map(as_json, value), key=lambda item: (type(item).__name__, str(item)))
    if type(value) in (list, tuple):
        return [as_json(item) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: as_json(item) for key, item in value.items()}
    return value

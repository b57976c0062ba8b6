"""Turn the JSON values of a run into what the pipeline's parameters are, where the pipeline's code can be imported."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any

from ....compilers.datapaths import DataPath
from ....compilers.graph import Graph, Literal, Parameter
from ....compilers.traversal import nodes_within
from ..uploads import UPLOAD, Uploads

_COLLECTIONS: Mapping[str, Callable[[list[Any]], Any]] = {"set[": set, "frozenset[": frozenset, "tuple[": tuple}


def values_for(graph: Graph, given: Mapping[str, Any], uploads: Uploads) -> dict[str, object]:
    """Return the values of a graph's parameters: paths, dates, tuples and enum members in place of their texts and lists."""
    return {name: _value(value, graph.parameter(name), graph, uploads) for name, value in given.items()}


def _value(value: Any, parameter: Parameter, graph: Graph, uploads: Uploads) -> object:
    schema = parameter.schema
    options = schema.get("anyOf", [schema])
    if isinstance(value, str) and any("enum" in option for option in options):  # type: ignore[attr-defined]
        kind = _enum(parameter, graph)
        return value if kind is None or value not in kind.__members__ else kind[value]
    made = _shaped(value, schema, uploads)
    for beginning, make in _COLLECTIONS.items():
        if isinstance(made, list) and parameter.type.startswith(beginning):
            return make(made)
    return made


def _shaped(value: Any, schema: Mapping[str, Any], uploads: Uploads) -> Any:
    if isinstance(value, str):
        formats = {option.get("format") for option in schema.get("anyOf", [schema])}
        return _read(value, formats, uploads)
    if isinstance(value, list) and "prefixItems" in schema:
        return tuple(_shaped(item, inner, uploads) for item, inner in zip(value, schema["prefixItems"], strict=True))
    if isinstance(value, list):
        return [_shaped(item, schema.get("items", {}), uploads) for item in value]
    inner = schema.get("additionalProperties")
    if isinstance(value, dict) and isinstance(inner, Mapping):
        return {key: _shaped(item, inner, uploads) for key, item in value.items()}
    return value


def _read(text: str, formats: set[str | None], uploads: Uploads) -> object:
    if "path" in formats:
        return uploads.file(text) if text.startswith(UPLOAD) else DataPath.from_url(text)
    if "date" in formats:
        return datetime.date.fromisoformat(text)
    if "date-time" in formats:
        return datetime.datetime.fromisoformat(text)
    return text


def _enum(parameter: Parameter, graph: Graph) -> type[Enum] | None:
    """Return the class of a parameter's members: that of its default, or the one its type names in a module of a step."""
    default = parameter.default
    if isinstance(default, Literal) and isinstance(default.value, Enum):
        return type(default.value)
    names = [name.strip().rpartition(".")[2] for name in parameter.type.split("|")]
    found = (getattr(module, name, None) for module in _modules(graph) for name in names if name)
    return next((one for one in found if isinstance(one, type) and issubclass(one, Enum)), None)


def _modules(graph: Graph) -> Iterator[Any]:
    for name in dict.fromkeys(node.function.module for node in nodes_within(graph)):
        try:
            yield importlib.import_module(name)
        except ImportError:  # what travels by value has none
            continue

"""Read what a published graph asks for, without importing anything of it: enum members and such stay the texts of their names."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ...compilers.graph import Attached, Literal, Parameter


def parameters_in(document: bytes) -> tuple[Parameter, ...]:
    """Return the parameters of a graph's document. Their defaults are what a caller would send, where JSON can say it."""
    found = json.loads(document)["parameters"]
    return tuple(
        Parameter(one["name"], one["type"], one.get("schema", {}), _default(one), one.get("static", False))
        for one in found
    )


def _default(parameter: Mapping[str, Any]) -> Literal | Attached | None:
    if "default" not in parameter:
        return None
    default = parameter["default"]
    try:
        return Literal(_sent(default["value"]))
    except (KeyError, TypeError, ValueError):
        return Attached("default")


def _sent(value: Any) -> Any:
    """Write a value of a document as a caller would. Raises KeyError for what JSON cannot say."""
    if isinstance(value, list):
        return [_sent(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((tag, content),) = value.items()
    return _TAGS[tag](content)


def _object(pairs: list[list[Any]]) -> dict[str, Any]:
    if not all(isinstance(key, str) for key, _ in pairs):
        raise KeyError("a key that is no text")
    return {key: _sent(item) for key, item in pairs}


def _same(content: Any) -> Any:
    return content


_TAGS: Mapping[str, Callable[[Any], Any]] = {
    "$tuple": _sent,
    "$set": _sent,
    "$frozenset": _sent,
    "$dict": _object,
    "$enum": lambda content: content.rpartition(".")[2],
    "$date": _same,
    "$datetime": _same,
    "$data": _same,
    "$decimal": _same,
}

"""Turn the JSON Schema of a parameter into the type by which its text is read; of a bundle nothing else is known."""

from __future__ import annotations

import datetime
import functools
import operator
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_TYPES: Mapping[str, Any] = {
    "boolean": bool, "integer": int, "number": float, "string": str, "null": type(None), "array": list, "object": dict,
}  # fmt: skip
_FORMATS: Mapping[str, Any] = {"path": Path, "date": datetime.date, "date-time": datetime.datetime}


def hint_of(schema: Mapping[str, Any]) -> Any:
    """Return the type that a schema describes; Any where it says nothing."""
    if "enum" in schema:
        return typing.Literal[tuple(schema["enum"])]
    if "anyOf" in schema:
        return functools.reduce(operator.or_, (hint_of(option) for option in schema["anyOf"]))
    kind = schema.get("type")
    if kind == "array" and "items" in schema:
        return list[hint_of(schema["items"])]  # type: ignore[misc]  # a type made at run time
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return dict[str, hint_of(schema["additionalProperties"])]  # type: ignore[misc]  # as above
    return _FORMATS.get(schema.get("format", ""), _TYPES.get(kind, Any) if isinstance(kind, str) else Any)

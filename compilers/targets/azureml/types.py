"""Say which type of v2 a parameter of the pipeline has: from its JSON Schema and its default."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath
from typing import Any
from typing import Literal as Choice

from attrs import frozen

from ...datapaths import DataPath
from ...graph import Attached, Literal, Parameter
from .texts import type_of

_PLAIN = ("number", "integer", "boolean", "string")
_ANYTHING = ("Any", "object")


@frozen
class InputType:
    """The type of an input, what it may be where that is a choice of texts, and how a worker reads it."""

    type: str
    kind: Choice["value", "artifact", "data"] = "value"
    enum: tuple[str, ...] = ()


TEXT = InputType("string")
FOLDER = InputType("uri_folder", "data")
FILE = InputType("uri_file", "data")
ARTIFACT = InputType("uri_folder", "artifact")


def input_type(parameter: Parameter, stored: Collection[str] = ()) -> InputType:
    """Return the type of a parameter. ``stored`` names those whose given values no document can hold."""
    if parameter.name in stored or isinstance(parameter.default, Attached):
        return ARTIFACT
    default = parameter.default.value if isinstance(parameter.default, Literal) else None
    schema: Any = parameter.schema
    if isinstance(default, PurePath | DataPath) or schema.get("format") == "path":
        return FILE if default is not None and "." in default.name else FOLDER  # type: ignore[attr-defined]  # it is a path
    if not schema and parameter.default is None and parameter.type not in _ANYTHING:
        return ARTIFACT  # the value of a class that JSON knows nothing of
    return _value_type(parameter)


def _value_type(parameter: Parameter) -> InputType:
    schema: Any = parameter.schema
    default = parameter.default
    kind = schema.get("type")
    fits = default is None or (isinstance(default, Literal) and type_of(default.value) == kind)
    if kind in _PLAIN and "format" not in schema and fits:
        return InputType(kind)
    choices = schema.get("enum")
    # An enum class has a schema of names too; its members travel as JSON, which knows the class.
    is_text = parameter.type.startswith("Literal") and all(isinstance(choice, str) for choice in choices or ())
    if choices and is_text and (default is None or (isinstance(default, Literal) and default.value in choices)):
        return InputType("string", enum=tuple(choices))
    return TEXT

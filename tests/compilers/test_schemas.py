"""Schemas: the JSON Schema of a parameter's type."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, NewType, Optional

import jsonschema
import pytest

from penstock.compilers.schemas import schema_of


class Colour(Enum):
    RED = 1
    GREEN = 2


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (int, {"type": "integer"}), (float, {"type": "number"}), (str, {"type": "string"}), (bool, {"type": "boolean"}),
        (None, {"type": "null"}), (Path, {"type": "string", "format": "path"}), 
        (Colour, {"enum": ["RED", "GREEN"], "x-python": f"{__name__}:Colour"}), (set[int], {"type": "array", "items": {"type": "integer"}, "uniqueItems": True}),
        (datetime.date, {"type": "string", "format": "date"}), (Literal["a", 1, None], {"enum": ["a", 1, None]}),
        (Literal[Colour.RED], {}), (Optional[int], {"anyOf": [{"type": "integer"}, {"type": "null"}]}), (int | Any, {}),
        (list[int], {"type": "array", "items": {"type": "integer"}}), (list, {"type": "array"}), (list[Any], {"type": "array"}),
        (Iterable[str], {"type": "array", "items": {"type": "string"}}),
        (tuple[int, str], {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2, "maxItems": 2}),
        (tuple[int, ...], {"type": "array", "items": {"type": "integer"}, "x-python": "builtins:tuple"}),
        (tuple[()], {"type": "array", "maxItems": 0, "x-python": "builtins:tuple"}), (tuple, {"type": "array", "x-python": "builtins:tuple"}),
        (frozenset[str], {"type": "array", "items": {"type": "string"}, "uniqueItems": True, "x-python": "builtins:frozenset"}),
        (dict[str, int], {"type": "object", "additionalProperties": {"type": "integer"}}), (dict[int, int], {}),
        (Mapping[str, list[int]], {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}}),
        (NewType("Metres", float), {"type": "number"}), (Any, {}), (object, {}), (Annotated[int, []], {}), (list[Annotated[int, {}]], {"type": "array"}),
    ],
    ids=str,
)  # fmt: skip
def test_a_type_has_a_schema(hint, schema):
    assert schema_of(hint) == schema
    jsonschema.Draft202012Validator.check_schema(json.loads(json.dumps(schema_of(hint))))

"""Check requests against Microsoft's specification of the management plane, where a copy of it is at hand.

The copy is an OpenAPI 3 document that describes every object as closed. A request that breaks it is told by the path of each
fault, as in ``properties/scaleSettings: 'maxNodeCount' is a required property``.
"""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from .messages import Request

VARIABLE = "PENSTOCK_AZURE_SPECIFICATION"
"""The environment variable that names the file of the specification."""

_MOST = 5
"""How many faults of a body are told."""


@frozen
class Operation:
    """What the specification says about one method of one path."""

    form: re.Pattern[str]
    method: str
    parameters: tuple[Mapping[str, Any], ...]
    body: Mapping[str, Any] | None


@frozen(slots=False, eq=False)
class Specification:
    """A specification that was read: its operations, and its schemas as JSON Schema."""

    operations: tuple[Operation, ...] = field(repr=False)
    schemas: Mapping[str, Any] = field(repr=False)

    def faults(self, request: Request) -> tuple[str, ...]:
        """Return what is wrong with a request, the worst first; nothing for one that is right."""
        found = next((one for one in self.operations if self._is_for(one, request)), None)
        if found is None:
            return (f"{request.method} {request.path} is no operation of the specification",)
        return tuple(_parameter_faults(found, request)) or tuple(self._body_faults(found, request))

    def _is_for(self, operation: Operation, request: Request) -> bool:
        return operation.method == request.method and operation.form.fullmatch(request.path) is not None

    def _body_faults(self, operation: Operation, request: Request) -> Iterator[str]:
        if operation.body is None:
            if request.body is not None:
                yield "the operation takes no body"
            return
        if request.body is None:
            yield "the operation needs a body"
            return
        errors = self._validator(json.dumps(operation.body)).iter_errors(request.body)
        for error in sorted(errors, key=lambda one: len(one.absolute_path))[:_MOST]:
            yield f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:300]}"

    @functools.lru_cache(maxsize=200)  # noqa: B019  # one specification for a process
    def _validator(self, schema: str) -> Any:
        import jsonschema

        return jsonschema.Draft202012Validator({**json.loads(schema), "components": {"schemas": self.schemas}})


def find_specification(file: str | os.PathLike[str] | None = None) -> Specification | None:
    """Read the specification in a file, else in the one that the environment names; None where neither is said."""
    named = file or os.environ.get(VARIABLE)
    return read_specification(str(Path(named).absolute())) if named else None


@functools.cache
def read_specification(file: str) -> Specification:
    """Read a specification. Raises OSError and ValueError for a file that is none."""
    document = json.loads(Path(file).read_text(encoding="utf-8"))
    schemas = {name: as_json_schema(schema) for name, schema in document["components"]["schemas"].items()}
    operations = [
        _operation(path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return Specification(tuple(operations), schemas)


def as_json_schema(schema: Any) -> Any:
    """Turn a schema of OpenAPI 3.0 into one of JSON Schema: what may be null, and what a discriminator chooses."""
    if isinstance(schema, list):
        return [as_json_schema(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    dropped = ("nullable", "discriminator", "example", "xml", "readOnly")
    found = {key: as_json_schema(value) for key, value in schema.items() if key not in dropped}
    if isinstance(schema.get("discriminator"), dict):
        found = _chosen(schema["discriminator"])
    return _nullable(found) if schema.get("nullable") is True else found


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    """Let null in too. A choice of two would hide which of their faults is meant, so it is the last resort."""
    if not isinstance(schema.get("type"), str):
        return {"anyOf": [schema, {"type": "null"}]}
    found = {**schema, "type": [schema["type"], "null"]}
    return {**found, "enum": [*schema["enum"], None]} if "enum" in schema else found


def _chosen(discriminator: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that takes the one branch that a property names: with ``oneOf`` each fault would be told of all."""
    name, mapping = discriminator["propertyName"], discriminator["mapping"]
    branches = [
        {"if": {"type": "object", "properties": {name: {"const": value}}, "required": [name]}, "then": {"$ref": target}}
        for value, target in mapping.items()
    ]
    return {"type": "object", "required": [name], "properties": {name: {"enum": list(mapping)}}, "allOf": branches}


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Operation:
    form = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
    content = ((operation.get("requestBody") or {}).get("content") or {}).get("application/json") or {}
    body = as_json_schema(content["schema"]) if "schema" in content else None
    return Operation(re.compile(form), method.upper(), tuple(operation.get("parameters", ())), body)


def _parameter_faults(operation: Operation, request: Request) -> Iterator[str]:
    matched = operation.form.fullmatch(request.path)
    in_path = matched.groupdict() if matched else {}
    known = {parameter["name"]: parameter for parameter in operation.parameters}
    for name in request.query:
        if known.get(name, {}).get("in") != "query":
            yield f"the operation has no query parameter {name!r}"
    for name, parameter in known.items():
        value = (in_path if parameter["in"] == "path" else request.query).get(name)
        if value is None:
            if parameter.get("required") and parameter["in"] in ("path", "query"):
                yield f"the {parameter['in']} parameter {name!r} is required"
            continue
        schema = parameter.get("schema") or {}
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{name}={value!r} does not have the form {schema['pattern']}"
        if "enum" in schema and value not in schema["enum"]:
            yield f"{name}={value!r} is none of {schema['enum']}"

"""Describe the server as an OpenAPI 3.1 document: what can be asked for, and for each endpoint its own parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec
from starlette.routing import compile_path

from ...compilers.graph import Literal, Parameter
from .actions import Action

Document: TypeAlias = dict[str, Any]

_PLACE = "#/components/schemas/{name}"
_SHOWN: Mapping[str, Any] = {"boolean": True, "integer": 1, "number": 0.5, "string": "text", "array": [], "object": {}}
EXAMPLES: Mapping[str, str] = {
    "path": "datastore://workspace/data.csv",
    "date": "2026-11-22",
    "date-time": "2026-11-22T20:43:38",
}
"""A text of each format."""
_PROBLEM: Document = {
    "type": "object",
    "required": ["title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "problem": {"type": "string"}},
            },
        },
    },
}


def openapi(actions: Sequence[Action], endpoints: Mapping[str, Sequence[Parameter]], title: str) -> Document:
    """Return the document: of all ``actions``, and of a run of each endpoint, with its parameters."""
    bodies = [kind for action in actions for kind in (action.body, action.sent) if kind is not None]
    _, schemas = msgspec.json.schema_components(list(dict.fromkeys(bodies)), ref_template=_PLACE)
    paths: dict[str, Document] = {}
    for action in actions:
        if action.path.startswith("/api/"):
            paths.setdefault(action.path, {})[action.method.lower()] = _operation(action)
    for name, parameters in endpoints.items():
        paths[f"/api/v1/endpoints/{name}/runs"] = {"post": _run_operation(name, parameters)}
        schemas[f"Run_{name}"] = run_schema(parameters)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Problem": _PROBLEM},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def run_schema(parameters: Sequence[Parameter]) -> Document:
    """Return the JSON Schema of a request for a run of an endpoint."""
    free = [parameter for parameter in parameters if not parameter.static]
    required = [parameter.name for parameter in free if parameter.default is None]
    values: Document = {
        "type": "object",
        "properties": {parameter.name: _schema(parameter) for parameter in free},
        "additionalProperties": False,
    }
    if required:
        values["required"] = required
    return {
        "type": "object",
        "properties": {
            "parameters": values,
            "experiment": {"type": ["string", "null"], "maxLength": 1000},
            "tags": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 1000}},
            "priority": {"type": "integer", "minimum": -1000, "maximum": 1000, "default": 0},
            "timeout": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1e8, "description": "seconds"},
            "idempotency_key": {"type": ["string", "null"], "minLength": 1, "maxLength": 200},
        },
        "additionalProperties": False,
        **({"required": ["parameters"]} if required else {}),
    }


def example(parameters: Iterable[Parameter]) -> Document:
    """Return a request for a run as an example: defaults where there are some, else a value of the type."""
    free = [parameter for parameter in parameters if not parameter.static]
    return {"parameters": {parameter.name: _example(parameter) for parameter in free}}


def parameter_document(parameter: Parameter) -> Document:
    """Return what is told of a parameter."""
    return {
        "name": parameter.name,
        "type": parameter.type,
        "schema": dict(parameter.schema),
        "required": parameter.default is None and not parameter.static,
        "static": parameter.static,
        "default": _default(parameter),
    }


def _schema(parameter: Parameter) -> Document:
    schema = {**parameter.schema, "description": parameter.type}
    default = _default(parameter)
    return schema if default is None else {**schema, "default": default}


def _default(parameter: Parameter) -> Any:
    """Return a default that a caller could send; None where there is none, or JSON cannot say it."""
    return parameter.default.value if isinstance(parameter.default, Literal) else None


def _example(parameter: Parameter) -> Any:
    default = _default(parameter)
    return _shown(parameter.schema) if default is None else default


def _shown(schema: Mapping[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _shown(schema["anyOf"][0])
    if "prefixItems" in schema:
        return [_shown(inner) for inner in schema["prefixItems"]]
    return EXAMPLES.get(schema.get("format", "")) or _SHOWN.get(schema.get("type", ""))


def _operation(action: Action) -> Document:
    operation: Document = {
        "summary": action.summary,
        "tags": [action.tag],
        "operationId": f"{action.method.lower()} {action.path}".replace("/api/v1/", "").replace("/", "-"),
        "parameters": [*_path_parameters(action.path), *_queries(action)],
        "responses": _responses(action),
    }
    if action.scope is None:
        operation["security"] = []
    else:
        operation["description"] = f"Needs a token with the scope `{action.scope}`."
    body = _body(action)
    return operation if body is None else {**operation, "requestBody": body}


def _body(action: Action) -> Document | None:
    kind = action.body or action.sent
    if kind is None and not action.media:
        return None
    known: Document = {} if kind is None else {"$ref": _PLACE.format(name=kind.__name__)}
    media = action.media or ("application/json",)
    schemas = {name: known if name == "application/json" else {} for name in media}
    return {"required": True, "content": {name: {"schema": schema} for name, schema in schemas.items()}}


def _run_operation(name: str, parameters: Sequence[Parameter]) -> Document:
    schema = {"$ref": _PLACE.format(name=f"Run_{name}")}
    content = {"application/json": {"schema": schema, "example": example(parameters)}}
    return {
        "summary": f"Start a run of {name}.",
        "tags": [name],
        "operationId": f"run-{name}",
        "requestBody": {"required": True, "content": content},
        "responses": {
            "201": _answer("The run was accepted."),
            "200": _answer("It was accepted before."),
            **_refusals(),
        },
    }


def _path_parameters(path: str) -> Iterator[Document]:
    for name in compile_path(path)[2]:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _queries(action: Action) -> Iterator[Document]:
    for query in action.query:
        (schema,), _ = msgspec.json.schema_components([query.type], ref_template=_PLACE)
        yield {"name": query.name, "in": "query", "description": query.doc, "schema": _inlined(schema, query.type)}


def _inlined(schema: Document, kind: Any) -> Document:
    """Write an enumeration where it is used."""
    return {"type": "string", "enum": [member.value for member in kind]} if "$ref" in schema else schema


def _responses(action: Action) -> Document:
    responses: Document = {
        str(action.status): {"description": "Done."} if action.status == 204 else _answer("Done.", action.gives)
    }
    if action.status == 201 and action.sent is not None:
        responses["200"] = _answer("It was accepted before.")
    if action.gives == "text/event-stream":
        responses["204"] = {"description": "The run has ended, and all of it was told."}
    return {**responses, **_refusals()}


def _answer(description: str, media: str = "application/json") -> Document:
    schema = {"type": "object"} if media == "application/json" else {}
    return {"description": description, "content": {media: {"schema": schema}}}


def _refusals() -> Document:
    problem = {"application/problem+json": {"schema": {"$ref": _PLACE.format(name="Problem")}}}
    return {"default": {"description": "Refused; the document says why.", "content": problem}}

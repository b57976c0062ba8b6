"""Describe the server as an OpenAPI 3.1 document: what can be asked for, and for each endpoint its own parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import msgspec
from starlette.routing import compile_path

from ...compilers.graph import Literal, Parameter
from .actions import Action
from .problems import ProblemDocument
from .requests import Accepted
from .schemas import JSON, PLACE, Schemas

Document: TypeAlias = dict[str, Any]

_SHOWN: Mapping[str, Any] = {"boolean": True, "integer": 1, "number": 0.5, "string": "text", "array": [], "object": {}}
EXAMPLES: Mapping[str, str] = {
    "path": "datastore://workspace/data.csv",
    "date": "2026-11-22",
    "date-time": "2026-11-22T20:43:38",
}
"""A text of each format."""


_BINARY: Document = {"type": "string", "format": "binary"}
"""What generators of clients take for bytes."""


class ParameterDocument(TypedDict):
    """A parameter of a version. ``schema`` is its JSON Schema; a ``static`` one is fixed; ``default`` is null where there is none."""

    name: str
    type: str
    schema: dict[str, Any]
    required: bool
    static: bool
    default: Any


def openapi(
    actions: Sequence[Action], endpoints: Mapping[str, Sequence[Parameter]], title: str, computes: Iterable[str] = ()
) -> Document:
    """Return the document: of all ``actions``, and of a run of each endpoint, with its parameters and the ``computes`` to choose from."""
    schemas = Schemas.of(actions)
    paths: dict[str, Document] = {}
    for action in actions:
        if action.path.startswith("/api/"):
            paths.setdefault(action.path, {})[action.method.lower()] = _operation(action, schemas)
    for name, parameters in endpoints.items():
        paths[f"/api/v1/endpoints/{name}/runs"] = {"post": _run_operation(name, parameters, schemas)}
    runs = {f"Run_{name}": run_schema(parameters, computes) for name, parameters in endpoints.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": "1"},
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**schemas.components, **runs},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def run_schema(parameters: Sequence[Parameter], computes: Iterable[str] = ()) -> Document:
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
            "compute": {"enum": [*computes, None], "description": "where it is carried out"},
        },
        "additionalProperties": False,
        **({"required": ["parameters"]} if required else {}),
    }


def example(parameters: Iterable[Parameter]) -> Document:
    """Return a request for a run as an example: defaults where there are some, else a value of the type."""
    free = [parameter for parameter in parameters if not parameter.static]
    return {"parameters": {parameter.name: _example(parameter) for parameter in free}}


def parameter_document(parameter: Parameter) -> ParameterDocument:
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


def _operation(action: Action, schemas: Schemas) -> Document:
    operation: Document = {
        "summary": action.summary,
        "tags": [action.tag],
        "operationId": f"{action.method.lower()} {action.path}".replace("/api/v1/", "").replace("/", "-"),
        "parameters": [*_path_parameters(action.path), *_queries(action)],
        "responses": _responses(action, schemas),
    }
    if action.scope is None:
        operation["security"] = []
    else:
        operation["description"] = f"Needs a token with the scope `{action.scope}`."
    body = _body(action, schemas)
    return operation if body is None else {**operation, "requestBody": body}


def _body(action: Action, schemas: Schemas) -> Document | None:
    kind = action.body or action.sent
    if kind is None and not action.media:
        return None
    known = schemas[kind]
    media = action.media or (JSON,)
    return {"required": True, "content": {name: {"schema": _sent(name, known)} for name in media}}


def _sent(media: str, known: Document) -> Document:
    """Return the schema of a body: of a document, of a form with the document and files, or of bytes."""
    form = {"type": "object", "properties": {"request": known}, "additionalProperties": _BINARY}
    return {JSON: known, "multipart/form-data": form}.get(media, _BINARY)


def _run_operation(name: str, parameters: Sequence[Parameter], schemas: Schemas) -> Document:
    schema = {"$ref": PLACE.format(name=f"Run_{name}")}
    content = {JSON: {"schema": schema, "example": example(parameters)}}
    accepted = {JSON: {"schema": schemas[Accepted]}}
    return {
        "summary": f"Start a run of {name}.",
        "tags": [name],
        "operationId": f"run-{name}",
        "requestBody": {"required": True, "content": content},
        "responses": {
            "201": {"description": "The run was accepted.", "content": accepted},
            "200": {"description": "It was accepted before.", "content": accepted},
            **_refusals(schemas),
        },
    }


def _path_parameters(path: str) -> Iterator[Document]:
    for name in compile_path(path)[2]:
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _queries(action: Action) -> Iterator[Document]:
    for query in action.query:
        (schema,), _ = msgspec.json.schema_components([query.type], ref_template=PLACE)
        yield {"name": query.name, "in": "query", "description": query.doc, "schema": _inlined(schema, query.type)}


def _inlined(schema: Document, kind: Any) -> Document:
    """Write an enumeration where it is used."""
    return {"type": "string", "enum": [member.value for member in kind]} if "$ref" in schema else schema


def _responses(action: Action, schemas: Schemas) -> Document:
    known = schemas[action.answer]
    content = {media: {"schema": known if media == JSON else {}} for media in action.gives}
    done: Document = {"description": "Done.", **({} if action.status == 204 else {"content": content})}
    others = {status: {**done, "description": told} for status, told in action.also.items() if status != 204}
    nothing = {status: {"description": told} for status, told in action.also.items() if status == 204}
    found = {action.status: done, **others, **nothing}
    return {**{str(status): response for status, response in found.items()}, **_refusals(schemas)}


def _refusals(schemas: Schemas) -> Document:
    problem = {"application/problem+json": {"schema": schemas[ProblemDocument]}}
    return {"default": {"description": "Refused; the document says why.", "content": problem}}

"""Show what is published: endpoints, their versions, how to call them, their schedules and runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen
from starlette.responses import Response

from ....compilers.graph import Attached, Literal, Parameter
from ...endpoints import EndpointRecord
from ...states import State
from ..computes import kind_of
from ..openapi import EXAMPLES
from .calling import lines
from .scheduled import in_words
from .visits import Page, Visit

_RUNS = 10
_LATEST = 16
"""Calls of an endpoint whose outcome the list of endpoints shows."""

_EXAMPLES: Mapping[str, object] = {
    "string": "...", "integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}, "null": None,
}  # fmt: skip


@frozen
class Field:
    """A parameter of a version, as a form and as a table show it. ``example`` is a JSON value that may be sent."""

    name: str
    type: str
    is_needed: bool
    default: str
    example: object
    choices: tuple[str, ...] = ()
    is_text: bool = True
    format: str = ""


def _list(visit: Visit) -> Response:
    registry = visit.service.registry
    endpoints = registry.endpoints()
    return visit.page(
        "endpoints.html",
        endpoints=endpoints,
        versions={endpoint.name: registry.versions(endpoint.name) for endpoint in endpoints},
        latest=_latest(visit, endpoints),
    )


def _latest(visit: Visit, endpoints: Sequence[EndpointRecord]) -> dict[str, list[tuple[str, State, float]]]:
    """Return the latest calls of each endpoint, from the oldest on: the run, how it stands, and when it was asked for."""
    calls = {endpoint.name: visit.service.queue.of_endpoint(endpoint.name, _LATEST)[::-1] for endpoint in endpoints}
    ids = [call.id for found in calls.values() for call in found]
    pulses = visit.history.pulses(ids) if ids else {}
    return {
        name: [(call.id, pulses[call.id].state if call.id in pulses else State.PENDING, call.created) for call in found]
        for name, found in calls.items()
    }


def _show(visit: Visit) -> Response:
    registry, name = visit.service.registry, visit.path("endpoint")
    endpoint = registry.endpoint(name)
    versions = registry.versions(name)
    shown = registry.version(name, visit.query("version")) if versions else None
    fields = list(fields_of(visit.service.parameters(shown))) if shown else []
    tag = f'"endpoint": "{name}"'
    return visit.page(
        "endpoint.html",
        endpoint=endpoint,
        versions=versions,
        shown=shown,
        default=registry.version(name) if any(version.enabled for version in versions) else None,
        fields=fields,
        lines=lines(_base(visit), name, fields, is_served=not visit.service.settings.read_only),
        schedules=visit.service.schedules.list(name),
        in_words=in_words,
        given=_given(visit, fields),
        computes={compute: kind_of(one) for compute, one in visit.service.computes.items()},
        runs=visit.history.runs(text=tag, limit=_RUNS),
        tag=tag,
    )


def fields_of(parameters: Iterable[Parameter]) -> Iterator[Field]:
    """Yield the parameters that a call may give; those that were fixed by publishing are left out."""
    for parameter in parameters:
        if not parameter.static:
            yield _field(parameter)


def _field(parameter: Parameter) -> Field:
    schema: Mapping[str, Any] = parameter.schema
    default = parameter.default
    options = [schema, *schema.get("anyOf", ())]
    choices = tuple(choice for option in options for choice in option.get("enum", ()))
    kind = next((option["type"] for option in options if isinstance(option.get("type"), str)), "string")
    form = next((option["format"] for option in options if isinstance(option.get("format"), str)), "")
    made_up = EXAMPLES.get(form) or _EXAMPLES.get(kind, "...")
    example = default.value if isinstance(default, Literal) else next(iter(choices), made_up)
    offered = tuple(map(str, choices)) or (("true", "false") if kind == "boolean" else ())
    return Field(
        parameter.name, parameter.type, default is None, _shown(default), example, offered, kind == "string", form
    )


def _shown(default: Literal | Attached | None) -> str:
    if isinstance(default, Attached):
        return "a value that JSON has not"
    return "" if default is None else repr(default.value)


def _base(visit: Visit) -> str:
    return f"{visit.request.url.scheme}://{visit.request.url.netloc}"


def _given(visit: Visit, fields: Sequence[Field]) -> dict[str, str]:
    """Return what the form is filled with: the values of the run that is to be done again, as they are typed."""
    like = visit.query("like")
    request = visit.service.queue.get(like) if like and like.isascii() and "\0" not in like else None
    values = request.parameters if request is not None else {}
    return {
        field.name: str(values[field.name]) if field.is_text else json.dumps(values[field.name])
        for field in fields
        if field.name in values
    }


PAGES = (Page("/endpoints", _list), Page("/endpoints/{endpoint}", _show))

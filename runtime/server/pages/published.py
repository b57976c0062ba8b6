"""Show what is published: endpoints, their versions, how to call them, their schedules and runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen
from starlette.responses import Response

from ....compilers.graph import Attached, Literal, Parameter
from ...endpoints import ScheduleRecord
from ..openapi import EXAMPLES
from .calling import lines
from .visits import Page, Visit

_RUNS = 10
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
    newest = {endpoint.name: registry.versions(endpoint.name) for endpoint in endpoints}
    return visit.page("endpoints.html", endpoints=endpoints, versions=newest)


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
        rule=rule_in_words,
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
    choices = tuple(str(choice) for option in options for choice in option.get("enum", ()))
    kind = next((option["type"] for option in options if isinstance(option.get("type"), str)), "string")
    form = next((option["format"] for option in options if isinstance(option.get("format"), str)), "")
    made_up = EXAMPLES.get(form) or _EXAMPLES.get(kind, "...")
    example = default.value if isinstance(default, Literal) else next(iter(choices), made_up)
    return Field(
        parameter.name, parameter.type, default is None, _shown(default), example, choices, kind == "string", form
    )


def _shown(default: Literal | Attached | None) -> str:
    if isinstance(default, Attached):
        return "a value that JSON has not"
    return "" if default is None else repr(default.value)


def _base(visit: Visit) -> str:
    return f"{visit.request.url.scheme}://{visit.request.url.netloc}"


def rule_in_words(schedule: ScheduleRecord) -> str:
    """Say when a schedule is due."""
    return ", ".join(f"{name} {value}" for name, value in schedule.rule.items())


PAGES = (Page("/endpoints", _list), Page("/endpoints/{endpoint}", _show))

"""Give out what describes the server: the OpenAPI documents and a page to try them on, without any other server."""

from __future__ import annotations

import html
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from starlette.responses import Response

from ....compilers.graph import Parameter
from ...errors import EndpointError
from ..actions import PART, Action, Call
from ..callers import Scope
from ..errors import Problem
from ..files import FileAnswer
from ..openapi import openapi
from .all import API

_FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/api/v1/docs/swagger-ui.css"></head>
<body><main id="swagger" data-url="{url}"></main><script src="/api/v1/docs/swagger-ui-bundle.js"></script>
<script src="/api/v1/docs/start.js"></script></body></html>"""
_START = """const place = document.getElementById("swagger");
SwaggerUIBundle({ url: place.dataset.url, domNode: place, deepLinking: true, validatorUrl: null,
  requestInterceptor: async (request) => {
    if (!request.loadSpec && !request.headers.Authorization && request.method !== "GET") {
      const session = await fetch("/api/v1/session").then((answer) => answer.ok ? answer.json() : {});
      if (session.csrf) { request.headers["X-CSRF-Token"] = session.csrf; }
    }
    return request;
  } });
"""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Swagger's page sets styles on its elements; scripts come from this server only, here as everywhere."""


def _whole(call: Call) -> dict[str, Any]:
    service, only = call.service, call.caller.endpoint
    names = [one.name for one in service.registry.endpoints(disabled=False) if only in (None, one.name)]
    known = {name: parameters for name in names if (parameters := _parameters(call, name)) is not None}
    return openapi(API, known, f"Penstock: {service.workspace.name}", service.computes)


def _parameters(call: Call, name: str) -> tuple[Parameter, ...] | None:
    try:
        return call.service.parameters(call.service.callable_version(name, None))
    except EndpointError:  # none of its versions may be called
        return None


def _one(call: Call) -> dict[str, Any]:
    name = call.path("endpoint")
    version = call.service.callable_version(name, None)
    runs = [action for action in API if action.tag == "runs" and "{endpoint}" not in action.path]
    return openapi(runs, {name: call.service.parameters(version)}, name, call.service.computes)


def _page(call: Call) -> Response:
    name = call.request.path_params.get("endpoint")
    url = f"/api/v1/endpoints/{name}/openapi.json" if name else "/api/v1/openapi.json"
    title = html.escape(f"{name or call.service.workspace.name}: REST")
    text = _PAGE.format(title=title, url=html.escape(url))
    return Response(text, media_type="text/html", headers={"Content-Security-Policy": _POLICY})


def _file(call: Call) -> Response:
    name = call.path("file")
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    spec = find_spec("swagger_ui")
    if name not in _FILES or spec is None or spec.origin is None:
        raise Problem(404, "there is no such file")
    headers = {"Cache-Control": "max-age=86400"}
    return FileAnswer(Path(spec.origin).parent / "static" / name, media_type=_FILES[name], headers=headers)


_HTML = "text/html"
ACTIONS = (
    Action("GET", "/api/v1/openapi.json", _whole, Scope.READ, "This document.", lists=True),
    Action("GET", "/api/v1/docs", _page, None, "A page to try it on.", gives=(_HTML,)),
    Action("GET", "/api/v1/docs/{file}", _file, None, "What the page needs.", gives=("text/javascript", "text/css"), also=PART),
    Action("GET", "/api/v1/endpoints/{endpoint}/openapi.json", _one, Scope.READ, "The document of one endpoint.", tag="endpoints"),
    Action("GET", "/api/v1/endpoints/{endpoint}/docs", _page, None, "A page to try one endpoint on.", tag="endpoints", gives=(_HTML,)),
)  # fmt: skip

"""Answer requests about batch endpoints and schedules, and calls of endpoints."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from ..credentials import DATA_PLANE
from .assets import get, inner, paged
from .assets import listed as list_all
from .jobplane import submit
from .messages import Refused, Reply, Request
from .plane import Plane, route
from .state import Document

Names = Mapping[str, str]

_ENDPOINT = "penstock.endpoint"
"""The property of a job that says which endpoint started it."""


def put_endpoint(plane: Plane, request: Request, names: Names) -> Reply:
    """Make or change an endpoint."""
    path = inner(plane, request)
    default = (request.body["properties"].get("defaults") or {}).get("deploymentName")
    if default and plane.state.peek(f"{path}/deployments/{default}") is None:
        raise Refused(400, "UserError", f"the endpoint {names['name']} has no deployment {default}")
    return _put(plane, path, request.body, scoringUri=f"{plane.base}/endpoints/{names['name']}/jobs")


def put_deployment(plane: Plane, request: Request, names: Names) -> Reply:
    """Let an endpoint run a pipeline."""
    plane.state.get(f"batchEndpoints/{names['name']}")
    configuration = request.body["properties"].get("deploymentConfiguration") or {}
    component = plane.state.by_id((configuration.get("componentId") or {}).get("assetId") or "")
    if component is None or component["properties"]["componentSpec"].get("type") != "pipeline":
        raise Refused(
            400, "UserError", "'Model Reference' must not be empty, or componentId that of a pipeline component"
        )
    return _put(plane, inner(plane, request), request.body)


def delete(plane: Plane, request: Request, _names: Names) -> Reply:
    """Delete an endpoint, a deployment or a schedule."""
    path = inner(plane, request)
    plane.state.get(path)
    return Reply(202, None, plane.operation(path, "Deleting"))


def invoke(plane: Plane, request: Request, names: Names) -> Reply:
    """Start a job of an endpoint."""
    endpoint = plane.state.get(f"batchEndpoints/{names['name']}")
    default = (endpoint["properties"].get("defaults") or {}).get("deploymentName")
    chosen = request.headers.get("azureml-model-deployment") or default
    if not chosen:
        raise Refused(404, "NotFound", f"the endpoint {names['name']} has no default deployment")
    deployment = plane.state.get(f"batchEndpoints/{names['name']}/deployments/{chosen}")
    configuration = deployment["properties"]["deploymentConfiguration"]
    component = plane.state.by_id(configuration["componentId"]["assetId"])
    if component is None:
        raise Refused(404, "NotFound", "the pipeline of the deployment is gone")
    body = _job(component["properties"]["componentSpec"], configuration, request.body["properties"])
    body["properties"][_ENDPOINT] = names["name"]
    document = submit(plane, f"batchjob-{uuid.uuid4()}", body)
    return Reply(201, {**document, "id": f"{deployment['id']}/jobs/{document['name']}"})


def invocation(plane: Plane, _request: Request, names: Names) -> Reply:
    """Return a job of an endpoint."""
    return Reply(200, {key: value for key, value in plane.state.get(f"jobs/{names['job']}").items() if key != "sent"})


def invocations(plane: Plane, request: Request, names: Names) -> Reply:
    """List the jobs of an endpoint, the newest first."""
    jobs = [
        one
        for one in reversed(list(plane.state.below("jobs")))
        if one["properties"]["properties"].get(_ENDPOINT) == names["name"]
    ]
    return Reply(200, paged(plane, request, jobs))


def put_schedule(plane: Plane, request: Request, names: Names) -> Reply:
    """Keep a schedule. The stand-in has no clock: nothing starts by itself."""
    return _put(plane, f"schedules/{names['name']}", request.body)


def list_schedules(plane: Plane, request: Request, _names: Names) -> Reply:
    """List schedules, by default the enabled ones."""
    view = request.query.get("listViewType", "EnabledOnly")
    found = [
        one for one in plane.state.below("schedules") if view == "All" or _is_enabled(one) == (view == "EnabledOnly")
    ]
    return Reply(200, paged(plane, request, found))


def _put(plane: Plane, path: str, body: Document, **more: object) -> Reply:
    before = plane.state.peek(path)
    document = plane.state.put(path, {**body, "properties": {**body["properties"], **more}})
    headers = plane.operation(path, "Updating" if before else "Creating")
    return Reply(200 if before else 201, document, headers)


def _is_enabled(schedule: Document) -> bool:
    return schedule["properties"].get("isEnabled", True) is not False


def _job(spec: Document, configuration: Document, asked: Document) -> Document:
    """Return the job that a call of an endpoint asks for. Raises Refused for inputs that there are not, or that miss."""
    given = asked.get("inputData") or {}
    declared = spec.get("inputs") or {}
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise Refused(
            400, "UserError", f"the pipeline has no input {', '.join(unknown)}; it has {', '.join(declared) or 'none'}"
        )
    inputs = {}
    for name, kind in declared.items():
        if name in given:
            inputs[name] = given[name]
        elif "default" in kind:
            inputs[name] = {"jobInputType": "Literal", "value": kind["default"]}
        elif not kind.get("optional"):
            raise Refused(400, "UserError", f"the input {name!r} is required, and not given")
    outputs = {**{name: {} for name in spec.get("outputs") or {}}, **(asked.get("outputData") or {})}
    return {
        "jobType": "Pipeline",
        "displayName": spec.get("display_name") or spec["name"],
        "experimentName": (asked.get("properties") or {}).get("experimentName") or spec["name"],
        "settings": dict(configuration.get("settings") or {}),
        "properties": {},
        "tags": dict(configuration.get("tags") or {}),
        "inputs": inputs,
        "outputs": outputs,
        "jobs": spec["jobs"],
    }


_DEPLOYMENT = "WS/batchEndpoints/{name}/deployments/{deployment}"

ROUTES = (
    route("GET", "WS/batchEndpoints", list_all),
    route("GET", "WS/batchEndpoints/{name}", get),
    route("PUT", "WS/batchEndpoints/{name}", put_endpoint),
    route("DELETE", "WS/batchEndpoints/{name}", delete),
    route("GET", "WS/batchEndpoints/{name}/deployments", list_all),
    route("GET", _DEPLOYMENT, get),
    route("PUT", _DEPLOYMENT, put_deployment),
    route("DELETE", _DEPLOYMENT, delete),
    route("POST", "/endpoints/{name}/jobs", invoke, DATA_PLANE),
    route("GET", "/endpoints/{name}/jobs/{job}", invocation, DATA_PLANE),
    route("GET", "/mferp/managementfrontend{workspace*}/batchEndpoints/{name}/jobs", invocations),
    route("GET", "WS/schedules", list_schedules),
    route("GET", "WS/schedules/{name}", get),
    route("PUT", "WS/schedules/{name}", put_schedule),
    route("DELETE", "WS/schedules/{name}", delete),
)

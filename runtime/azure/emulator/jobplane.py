"""Answer requests about jobs and their history."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from .assets import get, inner, paged
from .bindings import check_nodes
from .jobruns import ENDED, StepRun
from .messages import Refused, Reply, Request
from .plane import Plane, check_second_token, route
from .state import Document

Names = Mapping[str, str]

_SERVERLESS = "serverless"


def put(plane: Plane, request: Request, names: Names) -> Reply:
    """Submit a job. One that is there may only be sent again as it was."""
    if request.body["properties"]["jobType"] == "Pipeline":
        check_second_token(request)
    before = plane.state.peek(inner(plane, request))
    if before is not None:
        if before["sent"] != request.body["properties"]:
            raise Refused(409, "UserError", f"a job {names['name']} exists already")
        return Reply(200, _shown(before))
    return Reply(201, _shown(submit(plane, names["name"], request.body["properties"])))


def submit(plane: Plane, name: str, properties: Document) -> Document:
    """Start a job and return its document. Raises Refused for one that cannot run."""
    if properties["jobType"] != "Pipeline":
        raise Refused(400, "UserError", "this stand-in runs pipeline jobs only")
    check_nodes(properties)
    _check_places(plane, properties)
    if plane.runs is None:
        raise Refused(
            400, "UserError", "this stand-in has no storage: give it the connection string of a blob emulator"
        )
    studio = {"Studio": {"jobServiceType": "Studio", "endpoint": f"{plane.base}/studio/runs/{name}"}}
    body = {"sent": properties, "properties": {**properties, "status": "Preparing", "services": studio}}
    document = plane.state.put(f"jobs/{name}", body)
    answer = {**document, "properties": dict(document["properties"])}
    plane.runs.start(name)
    return answer


def show(plane: Plane, request: Request, names: Names) -> Reply:
    """Return a job."""
    return Reply(200, _shown(get(plane, request, names).body))


def cancel(plane: Plane, _request: Request, names: Names) -> Reply:
    """Stop a job."""
    document = plane.state.get(f"jobs/{names['name']}")
    if document["properties"]["status"] in ENDED:
        raise Refused(400, "UserError", f"the job {names['name']} has ended and cannot be canceled")
    document["properties"]["status"] = "CancelRequested"
    if plane.runs is not None:
        plane.runs.stop(names["name"])
    return Reply(202)


def listed(plane: Plane, request: Request, _names: Names) -> Reply:
    """List jobs, the newest first, by kind, tag or property."""
    found = [one for one in reversed(list(plane.state.below("jobs"))) if _is_asked(one["properties"], request.query)]
    return Reply(200, paged(plane, request, map(_shown, found)))


def children(plane: Plane, request: Request, names: Names) -> Reply:
    """List the runs of a job's nodes."""
    plane.state.get(f"jobs/{names['run']}")
    steps = plane.runs.of_job(names["run"]) if plane.runs else []
    return Reply(200, paged(plane, request, map(_history, steps)))


def details(plane: Plane, _request: Request, names: Names) -> Reply:
    """Say where the logs of a run are, and why it failed."""
    job = plane.state.peek(f"jobs/{names['run']}")
    if job is not None:
        problem = job["properties"].get("error")
        return Reply(
            200, {"runId": names["run"], "status": job["properties"]["status"], "logFiles": {}, **_error(problem)}
        )
    step = _step(plane, names["run"])
    logs = {"user_logs/std_log.txt": f"{plane.base}/logs/{step.id}?sig=offline"} if step.log else {}
    return Reply(200, {"runId": step.id, "status": step.status, "logFiles": logs, **_error(step.problem)})


def log(plane: Plane, request: Request, names: Names) -> Reply:
    """Give a log, from a position on if that is asked for. Its URL is its permission."""
    step = _step(plane, names["run"])
    content = step.log.read_bytes() if step.log and step.log.exists() else b""
    found = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
    start = int(found[1]) if found else 0
    if found and start >= len(content):
        return Reply(416, b"")
    return Reply(206 if found else 200, content[start:])


def run_data(plane: Plane, request: Request, _names: Names) -> Reply:
    """Say which outputs a run has."""
    step = _step(plane, request.body["runId"])
    outputs = {name: {"assetId": f"azureml://locations/offline/data/{data.uri}", "type": "UriFile" if data.is_file else "UriFolder"} for name, data in step.outputs.items()}  # fmt: skip
    return Reply(200, {"runMetadata": {**_history(step), "outputs": outputs}})


def resolved(plane: Plane, request: Request, _names: Names) -> Reply:
    """Say where assets lie."""
    root = f"azureml:/{plane.state.address.id.replace('/providers/Microsoft.MachineLearningServices', '')}"
    start = "azureml://locations/offline/data/azureml://"
    values = {one: {"uri": one.replace(start, f"{root}/"), "type": "UriFolder"} for one in request.body["values"]}
    return Reply(200, {"values": values})


def _shown(document: Document) -> Document:
    return {key: value for key, value in document.items() if key != "sent"}


def _step(plane: Plane, run: str) -> StepRun:
    found = plane.runs.steps.get(run) if plane.runs else None
    if found is None:
        raise Refused(404, "NotFound", f"there is no run {run}")
    return found


def _history(step: StepRun) -> Document:
    reused = {"azureml.isreused": "true", "azureml.reusedrunid": step.reused_from} if step.reused_from else {}
    return {
        "runId": step.id,
        "parentRunId": step.job,
        "rootRunId": step.job,
        "displayName": step.node,
        "name": "azureml_anonymous",
        "runType": "azureml.StepRun",
        "status": step.status,
        "startTimeUtc": _moment(step.started),
        "endTimeUtc": _moment(step.ended),
        "properties": {"azureml.moduleName": "azureml_anonymous", **reused},
        **_error(step.problem),
    }


def _error(problem: Any) -> Document:
    return {"error": {"error": {"code": "UserError", "message": problem}} if problem else None}


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()


def _is_asked(properties: Document, query: Names) -> bool:
    kind, tag, wanted = query.get("jobType"), query.get("tag"), query.get("properties", "")
    name, _, value = wanted.partition("=")
    return (
        (not kind or properties["jobType"] == kind)
        and (not tag or tag in (properties.get("tags") or {}))
        and (not wanted or (properties.get("properties") or {}).get(name) == value)
    )


def _check_places(plane: Plane, properties: Document) -> None:
    default = (properties.get("settings") or {}).get("default_compute")
    for key, node in properties["jobs"].items():
        if plane.state.by_id(node["componentId"]) is None:
            raise Refused(400, "UserError", f"jobs.{key}.componentId: there is no {node['componentId']}")
        place = node.get("computeId") or default
        if place is None:
            raise Refused(
                400, "UserError", f"jobs.{key}: neither the node nor settings.default_compute says where it runs"
            )
        known = plane.state.by_id(place) or plane.state.peek(f"computes/{place}")
        if place != _SERVERLESS and known is None:
            raise Refused(400, "UserError", f"jobs.{key}: there is no compute {place}")


_HISTORY = "/history/v1.0{workspace*}"

ROUTES = (
    route("GET", "WS/jobs", listed),
    route("GET", "WS/jobs/{name}", show),
    route("PUT", "WS/jobs/{name}", put),
    route("POST", "WS/jobs/{name}/cancel", cancel),
    route("GET", f"{_HISTORY}/runs/{{run}}/children", children),
    route("GET", f"{_HISTORY}/runs/{{run}}/details", details),
    route("POST", f"{_HISTORY}/rundata", run_data),
    route("POST", "/data/v1.0{workspace*}/dataversion/batchGetResolvedUris", resolved),
    route("GET", "/logs/{run}", log, None),
)

"""Publish pipelines as batch endpoints, call them, and look after them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from attrs import field, frozen

from .client import Call
from .connections import Connection
from .credentials import DATA_PLANE
from .errors import NotFoundRemotely, RemoteUnavailable, SubmissionRejected
from .jobs import Job, read_job
from .operations import PATIENCE, complete

Value: TypeAlias = "str | int | float | bool | None"

_PLACE = "batchEndpoints"
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]")


@frozen
class Endpoint:
    """A batch endpoint. ``url`` is where it is called; ``default`` is the deployment that answers, empty if none does."""

    name: str
    url: str
    default: str = ""
    state: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(factory=dict)


@frozen
class Deployment:
    """A version of a pipeline that an endpoint can run. ``component`` is the id of the pipeline that it runs."""

    name: str
    component: str
    state: str = ""
    settings: Mapping[str, str] = field(factory=dict)


def put_endpoint(
    connection: Connection,
    name: str,
    *,
    description: str = "",
    tags: Mapping[str, str] | None = None,
    default: str | None = None,
    timeout: float = PATIENCE,
) -> Endpoint:
    """Make an endpoint, or change one that is there, and wait until it is ready.

    What is not given stays as it was. Names are unique in a region. Raises SubmissionRejected for a name that cannot be
    one, and what Azure refuses.
    """
    action = f"publish the endpoint {name!r}"
    if not _NAME.fullmatch(name):
        raise SubmissionRejected(
            action, "its name must have 3 to 32 letters, digits and -, a letter first, and no - at the end"
        )
    before = connection.find(action, _PLACE, name) or {}
    old = before.get("properties") or {}
    properties: dict[str, object] = {"authMode": "AADToken", "description": description or old.get("description") or ""}
    chosen = default if default is not None else (old.get("defaults") or {}).get("deploymentName")
    if chosen:
        properties["defaults"] = {"deploymentName": chosen}
    kept = dict(tags) if tags is not None else before.get("tags") or {}
    body = {"location": connection.location, "tags": kept, "properties": properties}
    answer = connection.call(action, "PUT", _PLACE, name, body=body)
    return _endpoint(complete(connection, action, answer, _PLACE, name, timeout=timeout))


def get_endpoint(connection: Connection, name: str) -> Endpoint:
    """Return an endpoint. Raises NotFoundRemotely."""
    return _endpoint(connection.get(f"find the endpoint {name!r}", _PLACE, name))


def list_endpoints(connection: Connection) -> tuple[Endpoint, ...]:
    """Return every batch endpoint of the workspace, sorted by name."""
    found = map(_endpoint, connection.pages("list the endpoints of the workspace", _PLACE))
    return tuple(sorted(found, key=lambda one: one.name))


def delete_endpoint(connection: Connection, name: str, *, timeout: float = PATIENCE) -> None:
    """Delete an endpoint with its deployments, and wait until it is gone. One that is not there is no error."""
    _delete(connection, f"delete the endpoint {name!r}", timeout, _PLACE, name)


def put_deployment(
    connection: Connection,
    endpoint: str,
    name: str,
    component: str,
    *,
    settings: Mapping[str, str | bool],
    description: str = "",
    timeout: float = PATIENCE,
) -> Deployment:
    """Let an endpoint run a registered pipeline, by its id, and wait until it can.

    ``settings`` are those of the jobs: ``default_compute``, ``force_rerun``, ``continue_on_step_failure``. The endpoint's
    default stays what it is. Raises what Azure refuses.
    """
    action = f"publish {name!r} at the endpoint {endpoint!r}"
    configuration = {
        "deploymentConfigurationType": "PipelineComponent",
        "componentId": {"referenceType": "Id", "assetId": component},
        "settings": {key: _text(value) for key, value in settings.items()},
    }
    properties = {"description": description, "deploymentConfiguration": configuration}
    body = {"location": connection.location, "tags": {}, "properties": properties}
    place = (_PLACE, endpoint, "deployments", name)
    answer = connection.call(action, "PUT", *place, body=body)
    return _deployment(complete(connection, action, answer, *place, timeout=timeout))


def list_deployments(connection: Connection, endpoint: str) -> tuple[Deployment, ...]:
    """Return what an endpoint can run, in Azure's order. Raises NotFoundRemotely."""
    action = f"list the versions of the endpoint {endpoint!r}"
    return tuple(map(_deployment, connection.pages(action, _PLACE, endpoint, "deployments")))


def delete_deployment(connection: Connection, endpoint: str, name: str, *, timeout: float = PATIENCE) -> None:
    """Take away what an endpoint can run, and wait until it is gone. What is not there is no error."""
    action = f"delete {name!r} from the endpoint {endpoint!r}"
    _delete(connection, action, timeout, _PLACE, endpoint, "deployments", name)


def invoke(
    connection: Connection,
    endpoint: Endpoint,
    *,
    values: Mapping[str, Value] | None = None,
    inputs: Mapping[str, Mapping[str, object]] | None = None,
    outputs: Mapping[str, Mapping[str, object]] | None = None,
    experiment: str | None = None,
    deployment: str | None = None,
) -> Job:
    """Start a job at an endpoint and return it.

    ``values`` are plain parameters; ``inputs`` and ``outputs`` are places of data in the form of this request, as in
    ``{"jobInputType": "UriFolder", "uri": ...}``. ``deployment`` chooses a version, by default that of the endpoint.
    An answer that is lost is not asked for again: the job may run, and would run twice. Raises NotFoundRemotely where no
    version answers, and what Azure refuses.
    """
    action = f"call the endpoint {endpoint.name!r}"
    if not deployment and not endpoint.default:
        raise NotFoundRemotely(
            action, "it has no default version, which is how it is disabled; name a version, or set one"
        )
    literals = {name: {"jobInputType": "Literal", "value": value} for name, value in (values or {}).items()}
    data = {name: dict(place) for name, place in (inputs or {}).items()}
    properties: dict[str, object] = {"inputData": {**literals, **data}}
    if outputs:
        properties["outputData"] = {name: dict(place) for name, place in outputs.items()}
    if experiment:
        properties["properties"] = {"experimentName": experiment}
    headers = {"azureml-model-deployment": deployment} if deployment else {}
    call = Call(action, "POST", endpoint.url, body={"properties": properties}, headers=headers, audience=DATA_PLANE)
    return read_job(connection.client.send(call).document(action))


def invocation(connection: Connection, endpoint: Endpoint, job: str) -> Job:
    """Return a job that was started at an endpoint, asked for there. Raises NotFoundRemotely."""
    action = f"find the job {job!r} of the endpoint {endpoint.name!r}"
    call = Call(action, "GET", f"{endpoint.url}/{job}", audience=DATA_PLANE)
    return read_job(connection.client.send(call).document(action))


def invocations(connection: Connection, endpoint: str) -> Iterator[Job]:
    """Give the jobs of an endpoint, the newest first. No specification of this list is public: it is that of Azure's client."""
    action = f"list the jobs of the endpoint {endpoint!r}"
    url = f"{connection.services}/mferp/managementfrontend{connection.path(_PLACE, endpoint, 'jobs')}"
    return map(
        read_job,
        connection.client.pages(Call(action, "GET", url, query={"api-version": "2020-09-01-dataplanepreview"})),
    )


def _delete(connection: Connection, action: str, timeout: float, *names: str) -> None:
    try:
        answer = connection.call(action, "DELETE", *names)
    except NotFoundRemotely:
        return
    complete(connection, action, answer, *names, timeout=timeout)


def _endpoint(document: Mapping[str, Any]) -> Endpoint:
    properties = document.get("properties") or {}
    name = str(document.get("name") or "")
    url = properties.get("scoringUri")
    if not isinstance(url, str) or not url:
        raise RemoteUnavailable(f"find the endpoint {name!r}", "Azure does not say where it is called (scoringUri)")
    return Endpoint(
        name=name,
        url=url.rstrip("/"),
        default=str((properties.get("defaults") or {}).get("deploymentName") or ""),
        state=str(properties.get("provisioningState") or ""),
        description=str(properties.get("description") or ""),
        tags=document.get("tags") or {},
    )


def _deployment(document: Mapping[str, Any]) -> Deployment:
    properties = document.get("properties") or {}
    configuration = properties.get("deploymentConfiguration") or {}
    return Deployment(
        name=str(document.get("name") or ""),
        component=str((configuration.get("componentId") or {}).get("assetId") or ""),
        state=str(properties.get("provisioningState") or ""),
        settings=configuration.get("settings") or {},
    )


def _text(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value

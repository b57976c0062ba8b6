"""Answer requests about what jobs are made of: code, environments, components, and the datastores they lie in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping

from .messages import Refused, Reply, Request
from .plane import Plane, route
from .state import Document

Names = Mapping[str, str]


def workspace(plane: Plane, _request: Request, _names: Names) -> Reply:
    """Describe the workspace."""
    found = {"discoveryUrl": f"{plane.base}/discovery", "provisioningState": "Succeeded"}
    address = plane.state.address
    return Reply(
        200, {"id": address.id, "name": address.workspace_name, "location": plane.location, "properties": found}
    )


def discovery(plane: Plane, _request: Request, _names: Names) -> Reply:
    """Say where the services of the workspace are."""
    return Reply(200, {"api": plane.base, "history": plane.base})


def permissions(_plane: Plane, _request: Request, _names: Names) -> Reply:
    """Say what is allowed: everything."""
    return Reply(200, {"value": [{"actions": ["*"], "notActions": [], "dataActions": [], "notDataActions": []}]})


def operation(plane: Plane, _request: Request, names: Names) -> Reply:
    """Say how an operation stands."""
    return Reply(200, {"status": plane.state.operation(names["operation"])})


def get(plane: Plane, request: Request, _names: Names) -> Reply:
    """Return one document."""
    return Reply(200, plane.state.get(inner(plane, request)))


def listed(plane: Plane, request: Request, _names: Names) -> Reply:
    """Return a page of documents."""
    return Reply(200, paged(plane, request, plane.state.below(inner(plane, request))))


def paged(plane: Plane, request: Request, documents: Iterable[Document]) -> Document:
    """Return a page of a list, with the link to the next one."""
    found, start = list(documents), int(request.query.get("$skip", "0"))
    page: Document = {"value": found[start : start + plane.page]}
    if start + plane.page < len(found):
        query = {**request.query, "$skip": str(start + plane.page)}
        page["nextLink"] = f"{plane.base}{request.path}?{'&'.join(f'{key}={value}' for key, value in query.items())}"
    return page


def put_version(plane: Plane, request: Request, names: Names) -> Reply:
    """Keep a version of code, an environment or a component. It never changes."""
    path = inner(plane, request)
    before = plane.state.peek(path)
    if before is None:
        _check_references(plane, request.body)
        return Reply(201, plane.state.put(path, request.body))
    if before["properties"] != request.body["properties"]:
        raise Refused(409, "UserError", f"the version {names['version']} of {names['name']} exists, and is another one")
    return Reply(200, before)


def pending_upload(plane: Plane, _request: Request, _names: Names) -> Reply:
    """Give a place to upload to."""
    if plane.storage is None:
        raise Refused(
            400, "UserError", "this stand-in has no storage: give it the connection string of a blob emulator"
        )
    signed = plane.storage.signed()
    base, _, signature = signed.partition("?")
    folder = f"LocalUpload/{uuid.uuid4().hex}"
    credential = {"credentialType": "SAS", "sasUri": f"{base}/{folder}?{signature}"}
    reference = {"blobUri": f"{base}/{folder}", "credential": credential}
    return Reply(
        200,
        {
            "pendingUploadId": uuid.uuid4().hex,
            "pendingUploadType": "TemporaryBlobReference",
            "blobReferenceForConsumption": reference,
        },
    )


def datastores(plane: Plane, request: Request, _names: Names) -> Reply:
    """List the datastores, or the default one."""
    found = list(plane.state.below("datastores"))
    if request.query.get("isDefault") == "true":
        found = [one for one in found if one["properties"].get("isDefault")]
    return Reply(200, paged(plane, request, found))


def secrets(plane: Plane, _request: Request, names: Names) -> Reply:
    """Give the key of a datastore."""
    plane.state.get(f"datastores/{names['name']}")
    if plane.storage is None:
        raise Refused(400, "UserError", "this datastore has no key")
    return Reply(200, {"secretsType": "AccountKey", "key": plane.storage.parts["AccountKey"]})


def inner(plane: Plane, request: Request) -> str:
    """Return the path of a request in the workspace."""
    return request.path[len(plane.state.address.id) :].strip("/")


def _check_references(plane: Plane, body: Document) -> None:
    spec = body["properties"].get("componentSpec") or {}
    for key in ("code", "environment"):
        if key in spec and plane.state.by_id(spec[key]) is None:
            raise Refused(400, "UserError", f"componentSpec.{key}: there is no {spec[key]}")


_VERSION = "WS/(?P<kind>codes|environments|components)/{name}/versions/{version}"

ROUTES = (
    route("GET", "WS", workspace),
    route("GET", "/discovery", discovery),
    route("GET", "/operations/{operation}", operation),
    route("GET", "WS/providers/Microsoft.Authorization/permissions", permissions),
    route("PUT", _VERSION, put_version),
    route("GET", _VERSION, get),
    route("GET", "WS/(?P<kind>codes|environments|components)/{name}/versions", listed),
    route("POST", "WS/codes/{name}/versions/{version}/startPendingUpload", pending_upload),
    route("GET", "WS/datastores", datastores),
    route("GET", "WS/datastores/{name}", get),
    route("POST", "WS/datastores/{name}/listSecrets", secrets),
)

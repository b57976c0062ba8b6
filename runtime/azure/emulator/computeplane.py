"""Answer requests about compute: clusters come and go by stages, and each counts against a quota."""

from __future__ import annotations

from collections.abc import Mapping

from .assets import get, inner, listed
from .messages import Refused, Reply, Request
from .plane import Plane, route
from .state import Document

QUOTA = 100
"""Nodes that all clusters of the stand-in may have together."""

_MACHINES = "Standard_"
"""How the names of Azure's machines begin; any other is refused as unknown."""


def put(plane: Plane, request: Request, names: Mapping[str, str]) -> Reply:
    """Make a cluster, or attach something."""
    path, name = inner(plane, request), names["name"]
    inside: Document = request.body["properties"].get("properties") or {}
    if request.body["properties"]["computeType"] == "AmlCompute":
        _check_cluster(plane, name, inside)
    before = plane.state.peek(path)
    low = (inside.get("scaleSettings") or {}).get("minNodeCount", 0)
    seen = {
        "currentNodeCount": low,
        "nodeStateCounts": {"runningNodeCount": 0, "idleNodeCount": low},
        "allocationState": "Steady",
    }
    properties = {**request.body["properties"], "properties": {**inside, **seen}}
    document = plane.state.put(path, {**request.body, "properties": properties})
    headers = plane.operation(path, "Updating" if before else "Creating")
    return Reply(200 if before else 201, document, headers)


def patch(plane: Plane, request: Request, names: Mapping[str, str]) -> Reply:
    """Change how a cluster grows and shrinks."""
    path = inner(plane, request)
    document = plane.state.get(path)
    limits = request.body["properties"]["properties"]["scaleSettings"]
    inside = document["properties"]["properties"]
    _check_cluster(plane, names["name"], {**inside, "scaleSettings": limits})
    inside.update(scaleSettings=limits, currentNodeCount=limits.get("minNodeCount", 0))
    return Reply(200, document, plane.operation(path, "Updating"))


def delete(plane: Plane, request: Request, _names: Mapping[str, str]) -> Reply:
    """Delete a compute, or detach it."""
    path = inner(plane, request)
    document = plane.state.get(path)
    document["properties"]["provisioningState"] = "Deleting"
    return Reply(202, None, plane.operation(path, "Deleting"))


def _check_cluster(plane: Plane, name: str, inside: Document) -> None:
    size, wanted = inside.get("vmSize", ""), inside["scaleSettings"]["maxNodeCount"]
    if not size.casefold().startswith(_MACHINES.casefold()):
        raise Refused(
            400, "BadArgument", f"The specified Azure ML Compute VM size {size} is not supported in {plane.location}"
        )
    others = [one for one in plane.state.below("computes") if one["name"] != name]
    used = sum((_table(one).get("scaleSettings") or {}).get("maxNodeCount", 0) for one in others)
    if used + wanted > QUOTA:
        message = f"The specified Azure ML Compute Instance exceeds the quota: {used} of {QUOTA} nodes are used, {wanted} more asked for"
        raise Refused(400, "ComputeQuotaExceeded", message)


def _table(document: Document) -> Document:
    found: Document = document["properties"].get("properties") or {}
    return found


ROUTES = (
    route("GET", "WS/computes", listed),
    route("GET", "WS/computes/{name}", get),
    route("PUT", "WS/computes/{name}", put),
    route("PATCH", "WS/computes/{name}", patch),
    route("DELETE", "WS/computes/{name}", delete),
)

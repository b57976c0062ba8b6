"""Endpoints and their versions: publish, show, choose, switch on and off, rename, delete."""

from __future__ import annotations

from typing import NotRequired, TypedDict, cast

import msgspec
from starlette.concurrency import run_in_threadpool

from ...bundles import Packed
from ...documents import moment
from ...endpoints import EndpointRecord, VersionRecord
from ..actions import Action, Call, Query
from ..bodies import Text, check_media
from ..callers import Scope
from ..openapi import ParameterDocument, parameter_document

_PATH = "/api/v1/endpoints/{endpoint}"
_VERSION = _PATH + "/versions/{version}"
_MEDIA = ("application/zip", "application/octet-stream")


class EndpointChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of an endpoint; what is left out stays. ``default_version`` null: always the newest.

    ``compute`` is where its runs are carried out where a call says nothing else; null: in the server's own slots.
    """

    name: str | msgspec.UnsetType = msgspec.UNSET
    description: Text | msgspec.UnsetType = msgspec.UNSET
    enabled: bool | msgspec.UnsetType = msgspec.UNSET
    default_version: str | msgspec.UnsetType | None = msgspec.UNSET
    compute: str | msgspec.UnsetType | None = msgspec.UNSET


class VersionChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a version may be called."""

    enabled: bool


class Links(TypedDict):
    """Where something is."""

    self: str


class EndpointDocument(TypedDict):
    """An endpoint. ``default_version`` is the version that was chosen; null: the newest that is enabled."""

    name: str
    description: str
    enabled: bool
    default_version: str | None
    compute: str | None
    created: str | None
    links: Links


class VersionDocument(TypedDict):
    """A version of an endpoint, which never changes. ``content`` identifies what it computes, ``bundle`` its archive."""

    endpoint: str
    version: str
    number: int
    content: str
    bundle: str
    description: str
    enabled: bool
    created: str | None
    created_by: str


class WholeEndpoint(EndpointDocument):
    """An endpoint with its versions. ``default`` is the version that a call runs, with its parameters, where there is one."""

    versions: list[VersionDocument]
    default: NotRequired[str]
    parameters: NotRequired[list[ParameterDocument]]


class WholeVersion(VersionDocument):
    """A version with its parameters."""

    parameters: list[ParameterDocument]


class PublishedVersion(VersionDocument):
    """A version that was published; ``new`` is false where there was one that computes the same."""

    new: bool


class EndpointList(TypedDict):
    """Endpoints by name."""

    endpoints: list[EndpointDocument]


class VersionList(TypedDict):
    """Versions, the newest first."""

    versions: list[VersionDocument]


def endpoint_document(record: EndpointRecord) -> EndpointDocument:
    """Return what is told of an endpoint."""
    return {
        "name": record.name,
        "description": record.description,
        "enabled": record.enabled,
        "default_version": record.default_version,
        "compute": record.compute,
        "created": moment(record.created),
        "links": {"self": f"/api/v1/endpoints/{record.name}"},
    }


def version_document(record: VersionRecord) -> VersionDocument:
    """Return what is told of a version."""
    return {
        "endpoint": record.endpoint,
        "version": record.version,
        "number": record.number,
        "content": record.content,
        "bundle": record.bundle,
        "description": record.description,
        "enabled": record.enabled,
        "created": moment(record.created),
        "created_by": record.created_by,
    }


def _list(call: Call) -> EndpointList:
    only = call.caller.endpoint
    found = call.service.registry.endpoints(disabled=call.query["disabled"])
    return {"endpoints": [endpoint_document(one) for one in found if only in (None, one.name)]}


def _show(call: Call) -> WholeEndpoint:
    registry, name = call.service.registry, call.path("endpoint")
    endpoint, versions = registry.endpoint(name), registry.versions(name)
    told = [version_document(version) for version in versions]
    document = cast("WholeEndpoint", {**endpoint_document(endpoint), "versions": told})
    if any(version.enabled for version in versions):
        default = registry.version(name)
        document["default"] = default.version
        document["parameters"] = [parameter_document(one) for one in call.service.parameters(default)]
    return document


def _change(call: Call) -> EndpointDocument:
    registry, name, change = call.service.registry, call.path("endpoint"), call.body
    registry.endpoint(name)
    if change.compute is not msgspec.UNSET:
        call.service.check_compute(change.compute)
        registry.set_compute(name, change.compute)
    if change.default_version is not msgspec.UNSET:
        registry.set_default(name, change.default_version)
    if change.description is not msgspec.UNSET:
        registry.describe(name, change.description)
    if change.enabled is not msgspec.UNSET:
        registry.enable(name, enabled=change.enabled)
    if change.name is not msgspec.UNSET and change.name != name:
        registry.rename(name, change.name)
        name = change.name
    call.service.forget_versions()
    return endpoint_document(registry.endpoint(name))


def _delete(call: Call) -> None:
    call.service.registry.delete(call.path("endpoint"))
    call.service.forget_versions()
    call.service.doors.forget()


def _versions(call: Call) -> VersionList:
    return {"versions": [version_document(one) for one in call.service.registry.versions(call.path("endpoint"))]}


async def _publish(call: Call) -> PublishedVersion:
    check_media(call.request, *_MEDIA)
    data = await call.request.body()
    return await run_in_threadpool(_published, call, data)


def _published(call: Call, data: bytes) -> PublishedVersion:
    name, service = call.path("endpoint"), call.service
    packed = Packed.received(data, "the body")
    version, is_new = service.registry.publish(
        name, data, packed.digest, packed.content, version=call.query["version"],
        description=call.query["description"], by=call.caller.name,
    )  # fmt: skip
    service.forget_versions()
    service.warm(name)
    return {**version_document(version), "new": is_new}


def _version(call: Call) -> WholeVersion:
    version = _named(call)
    parameters = [parameter_document(one) for one in call.service.parameters(version)]
    return {**version_document(version), "parameters": parameters}


def _named(call: Call) -> VersionRecord:
    return call.service.registry.version(call.path("endpoint"), call.path("version"))


def _change_version(call: Call) -> VersionDocument:
    version = _named(call)
    call.service.registry.enable(version.endpoint, version.version, enabled=call.body.enabled)
    call.service.forget_versions()
    return version_document(_named(call))


def _delete_version(call: Call) -> None:
    version = _named(call)
    call.service.registry.delete(version.endpoint, version.version)
    call.service.forget_versions()


ACTIONS = (
    Action("GET", "/api/v1/endpoints", _list, Scope.READ, "List the endpoints.", lists=True, tag="endpoints",
           query=(Query("disabled", bool, "Also those that are disabled.", default=False),)),
    Action("GET", _PATH, _show, Scope.READ, "An endpoint with its versions and parameters.", tag="endpoints"),
    Action("PATCH", _PATH, _change, Scope.PUBLISH, "Rename, describe, enable or disable it, or choose its default version or compute.",
           body=EndpointChange, tag="endpoints"),
    Action("DELETE", _PATH, _delete, Scope.PUBLISH, "Delete it with all that belongs to it. Runs stay.", status=204, tag="endpoints"),
    Action("GET", _PATH + "/versions", _versions, Scope.READ, "Its versions, the newest first.", tag="endpoints"),
    Action("POST", _PATH + "/versions", _publish, Scope.PUBLISH,
           "Publish a bundle, whose code runs on this server from then on.", media=_MEDIA, status=201, tag="endpoints",
           query=(Query("version", str, "The version's name; by default it is numbered."),
                  Query("description", Text, "What it does.", ""))),
    Action("GET", _VERSION, _version, Scope.READ, "A version with its parameters.", tag="endpoints"),
    Action("PATCH", _VERSION, _change_version, Scope.PUBLISH, "Enable or disable a version.", body=VersionChange, tag="endpoints"),
    Action("DELETE", _VERSION, _delete_version, Scope.PUBLISH, "Delete a version.", status=204, tag="endpoints"),
)  # fmt: skip

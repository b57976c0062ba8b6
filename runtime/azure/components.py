"""Register components: what one step runs, or a whole pipeline that is to be published."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from typing import Any

from .connections import Connection
from .errors import NotFoundRemotely

ANONYMOUS = "azureml_anonymous"
"""The name under which Azure keeps components that nobody named."""


def register_component(connection: Connection, spec: Mapping[str, Any]) -> str:
    """Register what one step runs and return its id, which is the one that Azure answers with.

    Its version is made from its contents, so that registering the same again is no other component; Azure may answer
    with an equal one that it knows under another version. Raises an error of the tree under RemoteError.
    """
    action = f"register the component of the step {spec.get('display_name') or spec.get('name')!r}"
    named = {"name": ANONYMOUS, "version": "1", **spec}
    body = {"properties": {"componentSpec": named, "isAnonymous": True, "isArchived": False}}
    version = component_version(named)
    return str(connection.put(action, "components", ANONYMOUS, "versions", version, body=body)["id"])


def component_version(spec: Mapping[str, Any]) -> str:
    """Return a version in Azure's form, a guid, that is the same for the same component."""
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True, ensure_ascii=False).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=5))


def register_pipeline(connection: Connection, name: str, version: str, spec: Mapping[str, Any]) -> str:
    """Register a whole pipeline as a component of that name and version, and return its id.

    A version never changes: registering another pipeline under it is refused by Azure. Raises SubmissionRejected.
    """
    action = f"register the pipeline {name!r}, version {version}"
    named = {**spec, "type": "pipeline", "name": name, "version": version}
    body = {"properties": {"componentSpec": named, "isAnonymous": False, "isArchived": False}}
    return str(connection.put(action, "components", name, "versions", version, body=body)["id"])


def pipeline_versions(connection: Connection, name: str) -> tuple[str, ...]:
    """Return the versions that are registered under a name, in Azure's order; none where there is no such name."""
    try:
        found = list(connection.pages(f"list the versions of {name!r}", "components", name, "versions"))
    except NotFoundRemotely:
        return ()
    return tuple(str(one.get("name")) for one in found)

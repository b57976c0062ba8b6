"""Register the environment of a step: an image, and what conda puts on top of it."""

from __future__ import annotations

import hashlib
import json

from .connections import Connection

ANONYMOUS = "CliV2AnonymousEnvironment"
"""The name under which Azure's own tools keep environments that nobody named."""


def register_environment(connection: Connection, image: str, conda: str | None = None) -> str:
    """Return Azure's id of the environment with this image and this conda file (YAML text); make it if there is none.

    Equal environments are one, since its version is the hash of what it is made of. Raises an error of the tree under
    RemoteError.
    """
    version = environment_version(image, conda)
    properties: dict[str, object] = {"image": image, "isAnonymous": True}
    if conda is not None:
        properties["condaFile"] = conda
    action = f"register the environment on {image}"
    made = connection.put(action, "environments", ANONYMOUS, "versions", version, body={"properties": properties})
    return str(made["id"])


def environment_version(image: str, conda: str | None = None) -> str:
    """Return what identifies an environment: the hash of what it is made of."""
    return hashlib.sha256(json.dumps([image, conda]).encode()).hexdigest()

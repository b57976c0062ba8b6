"""Find out who is logged in, and what that person or program may do in a workspace."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from .client import Call
from .connections import Connection
from .errors import RemoteError

_VERSION = "2022-04-01"
"""The version of Azure's permissions API (Microsoft.Authorization), which has versions of its own."""

_PREFIX = "Microsoft.MachineLearningServices/workspaces"

ABILITIES: Mapping[str, tuple[str, ...]] = {
    "see the workspace": ("read",),
    "submit and cancel runs": ("jobs/read", "jobs/write", "jobs/cancel/action"),
    "upload code and environments": ("codes/versions/write", "components/versions/write", "environments/versions/write"),
    "use datastores with their keys": ("datastores/read", "datastores/listsecrets/action"),
    "create and delete compute": ("computes/read", "computes/write", "computes/delete"),
    "publish endpoints": ("batchEndpoints/write", "batchEndpoints/deployments/write"),
    "invoke endpoints": ("batchEndpoints/read", "batchEndpoints/jobs/write"),
    "keep schedules": ("schedules/read", "schedules/write"),
}  # fmt: skip
"""What people want to do, and the actions on the workspace that Azure asks for it."""


@frozen
class Person:
    """Who is logged in: a person's sign-in name, or the id of a program or managed identity."""

    name: str
    tenant: str = ""
    is_program: bool = False


@frozen
class Check:
    """What a login is good for. ``may`` says for each of :data:`ABILITIES` whether it is allowed; None: Azure does not tell."""

    person: Person
    workspace: str
    location: str
    may: Mapping[str, bool | None]


def check(connection: Connection) -> Check:
    """Log in, look at the workspace, and ask what is allowed there. Raises an error of the tree under RemoteError."""
    person = read_person(connection.client.tokens.claims())
    return Check(person, str(connection.address), connection.location, allowed(connection))


def read_person(claims: Mapping[str, Any]) -> Person:
    """Return who a token is for."""
    named = next(
        (claims[key] for key in ("upn", "unique_name", "preferred_username", "email") if claims.get(key)), None
    )
    name = named or claims.get("appid") or claims.get("oid") or "somebody whom the token does not name"
    return Person(str(name), str(claims.get("tid") or ""), is_program=named is None)


def allowed(connection: Connection) -> Mapping[str, bool | None]:
    """Say for each ability whether the one who is logged in has it; None where Azure does not tell."""
    action = "ask what is allowed in the workspace"
    path = f"{connection.address.id}/providers/Microsoft.Authorization/permissions"
    try:
        granted = list(connection.client.pages(Call(action, "GET", path, query={"api-version": _VERSION})))
    except RemoteError:  # one may do something without being allowed to ask what
        return dict.fromkeys(ABILITIES)
    return {name: all(_grants(granted, one) for one in actions) for name, actions in ABILITIES.items()}


def _grants(granted: Sequence[Mapping[str, Any]], action: str) -> bool:
    whole = f"{_PREFIX}/{action}"
    return any(
        _matches(whole, one.get("actions")) and not _matches(whole, one.get("notActions")) for one in granted
    )  # fmt: skip


def _matches(action: str, patterns: object) -> bool:
    found = patterns if isinstance(patterns, list) else []
    return any(fnmatch.fnmatchcase(action.casefold(), str(one).casefold()) for one in found)

"""Tell whether the server works."""

from __future__ import annotations

from typing import Literal, TypedDict

from ..actions import Action, Call


class Health(TypedDict):
    """That the server and its database work."""

    status: Literal["ok"]
    workspace: str


def _health(call: Call) -> Health:
    call.service.history.runs(limit=1)  # the database answers
    return {"status": "ok", "workspace": call.service.workspace.name}


ACTIONS = (Action("GET", "/api/v1/health", _health, None, "Whether the server and its database work."),)

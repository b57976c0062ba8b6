"""Tell whether the server works."""

from __future__ import annotations

from ..actions import Action, Call


def _health(call: Call) -> dict[str, str]:
    call.service.history.runs(limit=1)  # the database answers
    return {"status": "ok", "workspace": call.service.workspace.name}


ACTIONS = (Action("GET", "/api/v1/health", _health, None, "Whether the server and its database work."),)

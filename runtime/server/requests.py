"""Tell how a request for a run stands of which there is no run: it waits, was cancelled, or could not be begun."""

from __future__ import annotations

import json
from typing import Literal, TypedDict

from ..documents import RunDocument, moment
from ..endpoints import QueuedRun
from ..states import State


class RunLinks(TypedDict):
    """Where a run is, and what belongs to it."""

    self: str
    events: str
    logs: str
    metrics: str
    outputs: str
    cancel: str


class Accepted(TypedDict):
    """A request for a run that was accepted, now or before."""

    id: str
    state: Literal["pending", "ended"]
    endpoint: str
    version: str
    links: RunLinks


def accepted_document(request: QueuedRun) -> Accepted:
    """Return what is told of a request when it is accepted."""
    at = f"/api/v1/runs/{request.id}"
    return {
        "id": request.id,
        "state": "ended" if request.state == "ended" else "pending",
        "endpoint": request.endpoint,
        "version": request.version,
        "links": {
            "self": at,
            "events": f"{at}/events",
            "logs": f"{at}/logs",
            "metrics": f"{at}/metrics",
            "outputs": f"{at}/outputs",
            "cancel": f"{at}/cancel",
        },
    }


def state_of(request: QueuedRun) -> State:
    """Return how a request without a run stands."""
    if request.state != "ended":
        return State.PENDING
    return State.CANCELLED if request.cancelled else State.FAILED


def request_document(request: QueuedRun) -> RunDocument:
    """Return what is told of a request without a run, in the words of a run."""
    return {
        "id": request.id,
        "pipeline": "",
        "experiment": request.experiment or request.endpoint,
        "state": state_of(request),
        "started": None,
        "ended": moment(request.ended),
        "duration": None,
        "parameters": {name: json.dumps(value) for name, value in request.parameters.items()},
        "tags": dict(request.tags),
        "problem": request.problem,
        "counts": {},
    }

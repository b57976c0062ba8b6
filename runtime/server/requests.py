"""Tell how a request for a run stands of which there is no run: it waits, was cancelled, or could not be begun."""

from __future__ import annotations

import json

from ..documents import Document, moment
from ..endpoints import QueuedRun
from ..states import State


def state_of(request: QueuedRun) -> State:
    """Return how a request without a run stands."""
    if request.state != "ended":
        return State.PENDING
    return State.CANCELLED if request.cancelled else State.FAILED


def request_document(request: QueuedRun) -> Document:
    """Return what is told of a request without a run, in the words of a run."""
    return {
        "id": request.id,
        "pipeline": "",
        "experiment": request.experiment or request.endpoint,
        "state": state_of(request).value,
        "started": None,
        "ended": moment(request.ended),
        "duration": None,
        "parameters": {name: json.dumps(value) for name, value in request.parameters.items()},
        "tags": dict(request.tags),
        "problem": request.problem,
        "counts": {},
    }

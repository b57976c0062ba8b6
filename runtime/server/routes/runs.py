"""Show runs, those that wait for their turn too: list them, one with its steps, its metrics and its graph; and cancel them."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ...documents import Document, metric_document, moment, run_document, step_document
from ...endpoints import QueuedRun
from ...errors import RunNotFound
from ...history.records import RunRecord
from ...states import State
from ...stopping import stop
from ..actions import Action, Call, Query
from ..callers import Scope
from ..dispatching import was_left
from ..requests import request_document

Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]

_FILTERS = (
    Query("endpoint", str, "Only runs of this endpoint."),
    Query("experiment", str, "Only runs of this experiment."),
    Query("pipeline", str, "Only runs of this pipeline."),
    Query("state", State, "Only runs in this state."),
    Query("limit", Limit, "How many runs, at most.", 50),
    Query("before", str, "The id of a run: those that began before it follow."),
)

_PATIENCE = 10.0
"""Seconds to wait for the process of a run that was not asked for here."""


def _list(call: Call) -> Document:
    query = dict(call.query)
    endpoint, limit = call.caller.endpoint or query.pop("endpoint"), query["limit"]
    query.pop("endpoint", None)
    if endpoint is not None:
        return {"runs": _of_endpoint(call, endpoint), "next": None}
    found = call.service.history.runs(**query)
    last = found[-1].id if len(found) == limit else None
    return {"runs": [*_waiting(call), *map(run_document, found)], "next": last}


def _waiting(call: Call) -> list[Document]:
    """Return what has not begun, on the first page of a list of all."""
    query = call.query
    if query["before"] or query["pipeline"] or query["state"] not in (None, State.PENDING):
        return []
    waiting = [one for one in call.service.queue.waiting() if query["experiment"] in (None, one.experiment)]
    return [document for one in waiting[: query["limit"]] if (document := _document(call, one))["state"] == "pending"]


def _of_endpoint(call: Call, endpoint: str) -> list[Document]:
    wanted = call.query
    found = [_document(call, one) for one in call.service.queue.of_endpoint(endpoint, wanted["limit"])]
    names = [name for name in ("experiment", "pipeline", "state") if wanted[name] is not None]
    return [one for one in found if all(one[name] == wanted[name] for name in names)]


def _show(call: Call) -> Document:
    run_id = call.service.known_run(call.path("run"))
    request = call.service.queue.get(run_id)
    record = _record(call, run_id)
    document = run_document(record) if request is None and record is not None else _document(call, request)
    facts = {} if record is None else dict(record.facts)
    steps = [] if record is None else call.service.history.steps(run_id)
    return {**document, "facts": facts, "steps": [step_document(step) for step in steps]}


def _record(call: Call, run_id: str) -> RunRecord | None:
    try:
        return call.service.history.run(run_id)
    except RunNotFound:
        return None


def _document(call: Call, request: QueuedRun | None) -> Document:
    """Return what is told of a request: its run, if there is one, else how the request stands."""
    if request is None:
        return {}
    record = _record(call, request.id)
    about = {"endpoint": request.endpoint, "version": request.version, "requested": moment(request.created)}
    if record is not None:
        document = {**run_document(record), **about}
        if was_left(record) and request.state != "ended":
            document |= {"state": State.PENDING.value, "ended": None}
        return document
    return {**request_document(request), **about}


def _metrics(call: Call) -> Document:
    run_id = call.service.known_run(call.path("run"))
    record = _record(call, run_id)
    found = () if record is None else call.service.history.metrics(run_id, call.query["step"])
    return {"metrics": [metric_document(metric) for metric in found]}


def _graph(call: Call) -> Any:
    history = call.service.history
    return msgspec.Raw(history.graph_document(history.run(call.path("run")).id).encode())


def _cancel(call: Call) -> Document:
    service, run_id = call.service, call.service.known_run(call.path("run"))
    request = service.queue.cancel(run_id)
    if request is None:
        stop(service.history, run_id, patience=_PATIENCE)
    else:
        service.dispatcher.cancel(run_id, f"cancelled by {call.caller.name}")
        service.watch.nudge()
    return _show(call)


ACTIONS = (
    Action("GET", "/api/v1/runs", _list, Scope.READ, "List runs, the newest first.", query=_FILTERS, lists=True, tag="runs"),
    Action("GET", "/api/v1/runs/{run}", _show, Scope.READ, "A run with its steps.", tag="runs"),
    Action("POST", "/api/v1/runs/{run}/cancel", _cancel, Scope.RUN, "Cancel a run: what waits never begins, what runs is stopped.",
           status=202, tag="runs"),
    Action("GET", "/api/v1/runs/{run}/metrics", _metrics, Scope.READ, "What its steps logged as numbers.",
           query=(Query("step", str, "Only this step's."),), tag="runs"),
    Action("GET", "/api/v1/runs/{run}/graph", _graph, Scope.READ, "The graph that it executed.", tag="runs"),
)  # fmt: skip

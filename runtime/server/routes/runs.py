"""Show runs, those that wait for their turn too: list them, one with its steps, its metrics and its graph; and cancel them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypedDict, cast

import msgspec

from ....compilers.graph import Graph
from ...documents import (
    MetricDocument,
    RunDocument,
    StepDocument,
    metric_document,
    moment,
    run_document,
    step_document,
)
from ...endpoints import QueuedRun
from ...errors import RunNotFound
from ...history.records import RunRecord
from ...states import State
from ...stoppers import leave_word
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


class RequestedRun(RunDocument, total=False):
    """A run; of what was asked for by an endpoint, also which version of it, when, and where it is carried out."""

    endpoint: str
    version: str
    requested: str | None
    compute: str


class WholeRun(RequestedRun):
    """A run with its steps. ``facts`` are git, packages and host."""

    facts: dict[str, str]
    steps: list[StepDocument]


class RunPage(TypedDict):
    """Some runs; those that follow come with ``before`` = ``next``, unless it is null."""

    runs: list[RequestedRun]
    next: str | None


class Metrics(TypedDict):
    """What the steps of a run logged as numbers."""

    metrics: list[MetricDocument]


_BATCHES = 20
"""How many times as many requests are looked at as are asked for, until a page is full."""

_PATIENCE = 10.0
"""Seconds to wait for the process of a run that was not asked for here."""


def _list(call: Call) -> RunPage:
    query = dict(call.query)
    endpoint, limit = call.caller.endpoint or query.pop("endpoint"), query["limit"]
    query.pop("endpoint", None)
    if endpoint is not None:
        return _of_endpoint(call, endpoint)
    found = call.service.history.runs(**query)
    last = found[-1].id if len(found) == limit else None
    return {"runs": [*_waiting(call), *map(_unrequested, found)], "next": last}


def _unrequested(record: RunRecord) -> RequestedRun:
    """Return what is told of a run; what only those have that were asked for is left out."""
    return cast("RequestedRun", run_document(record))


def _waiting(call: Call) -> list[RequestedRun]:
    """Return what has not begun, on the first page of a list of all."""
    query = call.query
    if query["before"] or query["pipeline"] or query["state"] not in (None, State.PENDING):
        return []
    waiting = [one for one in call.service.queue.waiting() if query["experiment"] in (None, one.experiment)]
    return [document for one in waiting[: query["limit"]] if (document := _document(call, one))["state"] == "pending"]


def _of_endpoint(call: Call, endpoint: str) -> RunPage:
    """Return a page of an endpoint's runs. It may have fewer than were asked for, and others follow, where few pass the filters."""
    queue, limit = call.service.queue, call.query["limit"]
    last = _asked_before(call, endpoint)
    found: list[RequestedRun] = []
    for _ in range(_BATCHES):
        batch = queue.of_endpoint(endpoint, limit, last)
        for last in batch:
            document = _document(call, last)
            if _is_wanted(document, call.query):
                found.append(document)
            if len(found) == limit:
                return {"runs": found, "next": last.id}
        if len(batch) < limit:
            return {"runs": found, "next": None}
    return {"runs": found, "next": None if last is None else last.id}


def _asked_before(call: Call, endpoint: str) -> QueuedRun | None:
    """Return the request behind which a page begins. Raises RunNotFound for one that is not the endpoint's."""
    before = call.query["before"]
    if before is None:
        return None
    found = call.service.queue.get(before) if "\0" not in before else None
    if found is None or found.endpoint != endpoint:
        raise RunNotFound(before)
    return found


def _is_wanted(document: RequestedRun, query: Mapping[str, Any]) -> bool:
    facts = {name: document[name] for name in ("experiment", "pipeline", "state")}
    return all(query[name] in (None, fact) for name, fact in facts.items())


def _show(call: Call) -> WholeRun:
    run_id = call.service.known_run(call.path("run"))
    request = call.service.queue.get(run_id)
    record = _record(call, run_id)
    if request is not None:
        document = _document(call, request)
    elif record is not None:
        document = _unrequested(record)
    else:  # it has just been deleted
        raise RunNotFound(run_id)
    facts = {} if record is None else dict(record.facts)
    steps = [] if record is None else call.service.history.steps(run_id)
    return {**document, "facts": facts, "steps": [step_document(step) for step in steps]}


def _record(call: Call, run_id: str) -> RunRecord | None:
    try:
        return call.service.history.run(run_id)
    except RunNotFound:
        return None


def _document(call: Call, request: QueuedRun) -> RequestedRun:
    """Return what is told of a request: its run, if there is one, else how the request stands."""
    record = _record(call, request.id)
    document = request_document(request) if record is None else run_document(record)
    if record is not None and was_left(record) and request.state != "ended":
        document = {**document, "state": State.PENDING, "ended": None}
    return {
        **document,
        "endpoint": request.endpoint,
        "version": request.version,
        "requested": moment(request.created),
        "compute": request.compute,
    }


def _metrics(call: Call) -> Metrics:
    run_id = call.service.known_run(call.path("run"))
    record = _record(call, run_id)
    found = () if record is None else call.service.history.metrics(run_id, call.query["step"])
    return {"metrics": [metric_document(metric) for metric in found]}


def _graph(call: Call) -> Any:
    history = call.service.history
    return msgspec.Raw(history.graph_document(history.run(call.path("run")).id).encode())


def _cancel(call: Call) -> WholeRun:
    service, run_id = call.service, call.service.known_run(call.path("run"))
    request = service.queue.cancel(run_id)
    if request is None:
        means = f"{call.caller.name} through a server"
        stop(
            service.history,
            run_id,
            patience=_PATIENCE,
            tell=lambda run: leave_word(service.workspace.run_folder(run), means),
        )
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
    Action("GET", "/api/v1/runs/{run}/graph", _graph, Scope.READ, "The graph that it executed.", tag="runs", answers=Graph),
)  # fmt: skip

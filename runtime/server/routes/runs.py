"""Show runs: list them, one with its steps, and its graph."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from ....compilers.serialisation import document_and_digest
from ...documents import Document, metric_document, run_document, step_document
from ...states import State
from ..actions import Action, Call, Query
from ..callers import Scope

Limit = Annotated[int, msgspec.Meta(ge=1, le=1000)]

_FILTERS = (
    Query("experiment", str, "Only runs of this experiment."),
    Query("pipeline", str, "Only runs of this pipeline."),
    Query("state", State, "Only runs in this state."),
    Query("limit", Limit, "How many runs, at most.", 50),
    Query("before", str, "The id of a run: those that began before it follow."),
)


def _list(call: Call) -> Document:
    query = call.query
    found = call.service.history.runs(**query)
    last = found[-1].id if len(found) == query["limit"] else None
    return {"runs": [run_document(run) for run in found], "next": last}


def _show(call: Call) -> Document:
    history = call.service.history
    run = history.run(call.path("run"))
    return {
        **run_document(run),
        "facts": dict(run.facts),
        "steps": [step_document(step) for step in history.steps(run.id)],
    }


def _metrics(call: Call) -> Document:
    history = call.service.history
    run = history.run(call.path("run"))
    return {"metrics": [metric_document(metric) for metric in history.metrics(run.id, call.query["step"])]}


def _graph(call: Call) -> Any:
    history = call.service.history
    document, _digest = document_and_digest(history.graph(history.run(call.path("run")).id))
    return msgspec.Raw(document.encode())


ACTIONS = (
    Action("GET", "/api/v1/runs", _list, Scope.READ, "List runs, the newest first.", query=_FILTERS, lists=True, tag="runs"),
    Action("GET", "/api/v1/runs/{run}", _show, Scope.READ, "A run with its steps.", tag="runs"),
    Action("GET", "/api/v1/runs/{run}/metrics", _metrics, Scope.READ, "What its steps logged as numbers.",
           query=(Query("step", str, "Only this step's."),), tag="runs"),
    Action("GET", "/api/v1/runs/{run}/graph", _graph, Scope.READ, "The graph that it executed.", tag="runs"),
)  # fmt: skip

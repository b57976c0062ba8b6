"""Show the list of runs: filtered, and a page at a time."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from ...states import State
from ..errors import Problem
from .visits import Page, Visit

AT_ONCE = 50
"""Runs on a page."""

_RUN_STATES = (State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED)


def _show(visit: Visit) -> Response:
    filters = {name: visit.query(name) for name in ("state", "pipeline", "experiment", "text")}
    state = _state(filters["state"])
    found = visit.history.runs(
        filters["experiment"], filters["pipeline"], state, AT_ONCE + 1, visit.query("before"), filters["text"]
    )
    given = {name: value for name, value in filters.items() if value}
    older = urlencode({**given, "before": found[AT_ONCE - 1].id}) if len(found) > AT_ONCE else None
    return visit.page(
        "runs.html",
        runs=found[:AT_ONCE],
        filters=filters,
        given=given,
        older=older,
        is_first=visit.query("before") is None,
        newest=urlencode(given),
        names=visit.history.names(),
        run_states=[state.value for state in _RUN_STATES],
        is_live=any(not run.state.ended for run in found[:AT_ONCE]),
    )


def _state(text: str | None) -> State | None:
    try:
        return State(text) if text else None
    except ValueError:
        raise Problem(422, f"state={text!r} is none; expected {', '.join(_RUN_STATES)}") from None


def _home(_visit: Visit) -> Response:
    return RedirectResponse("/runs", 303)


PAGES = (Page("/", _home), Page("/runs", _show))

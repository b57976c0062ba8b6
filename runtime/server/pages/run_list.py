"""Show the list of runs: what waits, then the runs themselves, filtered, and a page at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlencode

from attrs import frozen
from starlette.responses import RedirectResponse, Response

from ...endpoints import QueuedRun
from ...history.records import RunRecord
from ...states import State
from ..errors import Problem
from .visits import Page, Visit

AT_ONCE = 50
"""Runs on a page."""

_RUN_STATES = (State.RUNNING, State.COMPLETED, State.FAILED, State.CANCELLED)
_WAITING = 20
"""Requests that wait for their turn of which a line is shown."""

_TALLEST = 36.0


@frozen
class Bar:
    """A run in the strip above the list: the longer it took, on a logarithmic scale, the higher."""

    run: RunRecord
    x: int
    height: float


def _show(visit: Visit) -> Response:
    filters = {name: visit.query(name) for name in ("state", "pipeline", "experiment", "text")}
    state = _state(filters["state"])
    found = visit.history.runs(
        filters["experiment"], filters["pipeline"], state, AT_ONCE + 1, visit.query("before"), filters["text"]
    )
    runs, given = found[:AT_ONCE], {name: value for name, value in filters.items() if value}
    older = urlencode({**given, "before": found[AT_ONCE - 1].id}) if len(found) > AT_ONCE else None
    is_first = visit.query("before") is None
    waiting = _waiting(visit, given) if is_first else []
    return visit.page(
        "runs.html",
        runs=runs,
        waiting=waiting,
        strip=list(_strip(runs, visit.service.clock())) if len(runs) > 2 else [],
        filters=filters,
        given=given,
        older=older,
        is_first=is_first,
        newest=urlencode(given),
        names=visit.history.names(),
        run_states=[state.value for state in _RUN_STATES],
        is_live=bool(waiting) or any(not run.state.ended for run in runs),
    )


def _waiting(visit: Visit, given: Mapping[str, str]) -> list[QueuedRun]:
    """Return requests that are no runs yet, where the list is not filtered."""
    if given:
        return []
    return [one for one in visit.service.queue.waiting()[:_WAITING] if not visit.history.has(one.id)]


def _strip(runs: Sequence[RunRecord], now: float) -> Iterator[Bar]:
    """Yield a bar for each run, from the oldest to the newest."""
    spans = [math.log1p(10 * (now - run.started if run.duration is None else run.duration)) for run in reversed(runs)]
    longest = max(*spans, 1e-9)
    for number, (run, span) in enumerate(zip(reversed(runs), spans, strict=True)):
        yield Bar(run, 10 * number, round(max(3.0, _TALLEST * span / longest), 1))


def _state(text: str | None) -> State | None:
    try:
        return State(text) if text else None
    except ValueError:
        raise Problem(422, f"state={text!r} is none; expected {', '.join(_RUN_STATES)}") from None


def _home(_visit: Visit) -> Response:
    return RedirectResponse("/runs", 303)


PAGES = (Page("/", _home), Page("/runs", _show))

"""Show one run: its graph, its steps, what they logged, and one of its steps in detail."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from starlette.responses import Response

from ....compilers.graph import Graph
from ...changes import graph_of
from ...endpoints import QueuedRun
from ...history.records import FileRecord, RunRecord, StepRecord
from ..errors import Problem
from .details import details_of
from .media import PICTURES, file_response
from .pictures import Picture, draw, standing
from .plots import charts_of
from .repetitions import again_of
from .timelines import timeline_of
from .visits import Page, Visit

_VIEWS = ("steps", "timeline", "metrics", "details")
_STEP_VIEWS = ("overview", "log", "code", "details")


def _show(visit: Visit) -> Response:
    request = visit.service.queue.get(visit.path("run"))
    if request is not None and request.state != "ended" and not visit.history.has(request.id):
        return visit.page("waiting.html", request=request, ahead=_ahead(visit, request))
    run, steps, graph = _run(visit)
    view = _view(visit, _VIEWS)
    return visit.page(
        "run.html",
        **_frame(visit, run, steps, graph),
        step=None,
        view=view,
        views=_VIEWS,
        standing=standing,
        timeline=timeline_of(run, steps, graph, visit.service.clock()) if view == "timeline" else None,
        charts=charts_of(visit.history.metrics(run.id), is_log=visit.is_log) if view == "metrics" else [],
        files=visit.history.files(run.id) if view == "metrics" else [],
        is_picture=_is_picture,
        packages=visit.history.packages(run.id) if view == "details" else {},
    )


def _ahead(visit: Visit, request: QueuedRun) -> int:
    """Return how many requests are taken before one."""
    waiting = [one.id for one in visit.service.queue.waiting() if one.state == "queued"]
    return waiting.index(request.id) if request.id in waiting else 0


def _show_step(visit: Visit) -> Response:
    run, steps, graph = _run(visit)
    wanted = visit.path("step")
    step = next((step for step in steps if step.id == wanted), None)
    if step is None:
        raise Problem(404, f"run {run.id} has no step {wanted!r}")
    view = _view(visit, _STEP_VIEWS)
    return visit.page(
        "run.html",
        **_frame(visit, run, steps, graph),
        step=step,
        view=view,
        views=_STEP_VIEWS,
        is_picture=_is_picture,
        **details_of(visit, run, step, steps, view),
    )


def _run(visit: Visit) -> tuple[RunRecord, Sequence[StepRecord], Graph | None]:
    run = visit.history.run(visit.path("run"))
    return run, visit.history.steps(run.id), graph_of(visit.history, run.id)


def _picture(graph: Graph, steps: Sequence[StepRecord], closed: str | None) -> Picture:
    return draw(graph, steps, None if closed is None else filter(None, closed.split(",")))


def _frame(visit: Visit, run: RunRecord, steps: Sequence[StepRecord], graph: Graph | None) -> dict[str, Any]:
    closed = visit.request.query_params.get("closed")
    return {
        "run": run,
        "steps": steps,
        "picture": _picture(graph, steps, closed) if graph is not None and len(graph) else None,
        "closed": closed,
        "earlier": next(iter(visit.history.runs(pipeline=run.pipeline, before=run.id, limit=1)), None),
        "failed": [step for step in steps if step.failure is not None],
        "is_live": not run.state.ended,
        "again": again_of(visit, run),
    }


def _view(visit: Visit, known: tuple[str, ...]) -> str:
    view = visit.query("view") or known[0]
    if view not in known:
        raise Problem(404, f"there is no view {view!r} here; there are {', '.join(known)}")
    return view


def _is_picture(name: str) -> bool:
    return Path(name).suffix.lower() in PICTURES


def _file(visit: Visit) -> Response:
    run = visit.history.run(visit.path("run"))
    step, name = visit.query("step"), visit.query("name")
    found = [file for file in visit.history.files(run.id) if file.name == name and step in (None, file.step)]
    folder = visit.service.workspace.run_folder(run.id)
    return file_response(_inside(folder, found[-1] if found else None))


def _inside(folder: Path, file: FileRecord | None) -> Path:
    """Return where a logged file lies, if that is in the run's folder."""
    path = folder / file.path if file else folder
    if file is None or not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        raise Problem(404, "there is no such file")
    return path


PAGES = (
    Page("/runs/{run}/file", _file),
    Page("/runs/{run}/steps/{step:path}", _show_step),
    Page("/runs/{run}", _show),
)

"""Show two runs side by side."""

from __future__ import annotations

from attrs import evolve
from starlette.responses import RedirectResponse, Response

from ... import amounts
from ...comparisons import StepChange, compared, duration_of
from ..errors import Problem
from .plots import compared_charts
from .visits import Page, Visit

_EXPECTED = ("command", "user", "host", "cpus", "platform")
"""Facts that say where a run was started, not what it was made of."""


def _show(visit: Visit) -> Response:
    chosen = visit.request.query_params.getlist("run")
    if len(chosen) == 2:
        older, newer = sorted((visit.history.run(run) for run in chosen), key=lambda run: (run.started, run.id))
        return RedirectResponse(f"/compare?before={older.id}&after={newer.id}", 303)
    before, after = visit.query("before"), visit.query("after")
    if chosen or before is None or after is None:
        raise Problem(422, f"two runs can be compared, and {len(chosen)} were chosen: tick two in the list of runs")
    found = compared(before, after, workspace=visit.service.workspace)
    whole = visit.query("all") is not None
    return visit.page(
        "compare.html",
        found=found,
        code=[(one, one.change and evolve(one.change, path=())) for one in found.code],
        whole=whole,
        facts=[fact for fact in found.facts if whole or (fact.differs and fact.name not in _EXPECTED)],
        parameters=[change for change in found.parameters if whole or change.differs],
        charts=compared_charts(
            visit.history.metrics(found.after.id), visit.history.metrics(found.before.id), is_log=visit.is_log
        ),
        metrics=[change for change in found.metrics if whole or change.differs],
        steps=[change for change in found.steps if whole or change.differs],
        packages=[change for change in found.packages if whole or change.differs],
        duration_of=duration_of,
        slower=_slower,
        outputs=_outputs,
    )


def _slower(step: StepChange) -> str:
    """Say by how much longer a step took; nothing where that is not worth a word."""
    before, after = duration_of(step.before), duration_of(step.after)
    if before is None or after is None or not step.takes_another_time:
        return ""
    return f"{'+' if after >= before else '−'}{amounts.duration(abs(after - before))}"


def _outputs(step: StepChange) -> str:
    if step.same_outputs is None:
        return ""
    if step.same_outputs:
        return "the same"
    before, after = (
        ", ".join(artifact.summary or artifact.type for artifact in (one.outputs.values() if one else ()))
        for one in (step.before, step.after)
    )
    return f"{before} → {after}" if before != after else f"{after}, with other content"


PAGES = (Page("/compare", _show),)

"""Show an artifact: what is in it, which step runs made it, and which took it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen
from starlette.responses import Response

from ...artifacts import Artifact
from ...changes import graph_of
from ...errors import ArtifactNotFound
from ...history import History
from ...history.lineage import Origin
from ...history.records import RunRecord, StepRecord
from ...provenance import Provenance
from ...store import open_store
from ..errors import Problem
from .details import shown
from .media import data_response, file_response
from .previews import files_of
from .visits import Page, Visit

_RUNS = 20
"""Runs, the newest, of which is said what they did with an artifact."""

_USES = 200
"""Step runs that are listed: an artifact may go into each item of a long mapped call."""


@frozen
class Use:
    """A step run that made or took an artifact; ``name`` is its output or input. Without a step: given to the run."""

    run: RunRecord
    step: StepRecord | None
    name: str


def _show(visit: Visit) -> Response:
    digest = visit.path("digest")
    origins = visit.history.lineage.origins(digest)
    if not origins:
        raise ArtifactNotFound(digest)
    runs = list(dict.fromkeys(origin.run for origin in reversed(origins)))
    made, used = _uses(visit.history, digest, origins, runs[:_RUNS])
    (one,) = shown(visit.service.workspace, {"value": _artifact(visit.history, digest, origins)})
    return visit.page(
        "artifact.html",
        shown=one,
        made=made[:_USES],
        used=used[:_USES],
        more_used=max(0, len(used) - _USES),
        more_made=max(0, len(made) - _USES),
        left_out=max(0, len(runs) - _RUNS),
        count=len(runs),
    )


def _artifact(history: History, digest: str, origins: Sequence[Origin]) -> Artifact:
    place = origins[-1]
    if not place.step:
        return history.lineage.given(place.run)[place.name]
    for step in history.steps(place.run):
        if step.id == place.step:
            return step.outputs[place.name]
    raise ArtifactNotFound(digest)


def _uses(history: History, digest: str, origins: Iterable[Origin], runs: Sequence[str]) -> tuple[list[Use], list[Use]]:
    made: list[Use] = []
    used: list[Use] = []
    places: dict[str, list[Origin]] = {}
    for origin in origins:
        places.setdefault(origin.run, []).append(origin)
    for run in runs:
        record, steps = history.run(run), {step.id: step for step in history.steps(run)}
        made += [Use(record, steps.get(origin.step), origin.name) for origin in places[run]]
        graph = graph_of(history, run)
        if graph is not None:
            provenance = Provenance(graph, tuple(steps.values()), history.lineage.given(run))
            used += [Use(record, steps[step], name) for step, name in provenance.takers(digest)]
    return made, used


def _file(visit: Visit) -> Response:
    workspace = visit.service.workspace
    digest, name = visit.path("digest"), visit.path("name")
    origins = visit.history.lineage.origins(digest)
    if not origins:
        raise ArtifactNotFound(digest)
    artifact = _artifact(visit.history, digest, origins)
    files = files_of(artifact, open_store(workspace.store_location, workspace.cache_folder))
    if name not in files:
        raise Problem(404, f"the artifact has no file {name!r}")
    found = files[name]
    return data_response(name, found) if isinstance(found, bytes) else file_response(found)


PAGES = (Page("/artifacts/{digest}/files/{name:path}", _file), Page("/artifacts/{digest}", _show))

"""Show an artifact: what is in it, which step runs made it, and which took it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import frozen
from starlette.responses import Response

from ....compilers.graph import OutputRef, ParameterRef
from ....compilers.traversal import leaves
from ...artifacts import Artifact
from ...changes import graph_of
from ...errors import ArtifactNotFound
from ...history import History
from ...history.lineage import Origin
from ...history.records import RunRecord, StepRecord
from ...store import open_store
from ..errors import Problem
from .details import shown
from .media import data_response, file_response
from .previews import files_of
from .visits import Page, Visit

_RUNS = 20
"""Runs, the newest, of which is said what they did with an artifact."""


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
        "artifact.html", shown=one, made=made, used=used, left_out=max(0, len(runs) - _RUNS), count=len(runs)
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
        taken = _taken(history, run, steps, {origin.name for origin in places[run] if not origin.step}, digest)
        used += [Use(record, steps[step], name) for step, name in taken]
    return made, used


def _taken(
    history: History, run: str, steps: Mapping[str, StepRecord], parameters: set[str], digest: str
) -> Iterator[tuple[str, str]]:
    """Yield the steps of a run, and their inputs, that an artifact went into."""
    graph = graph_of(history, run)
    for node in graph or ():
        for name, binding in node.inputs.items():
            found = (
                (isinstance(leaf, OutputRef) and _gave(steps.get(leaf.node), leaf.name, digest))
                or (isinstance(leaf, ParameterRef) and leaf.name in parameters)
                for leaf in leaves(binding)
            )
            if node.id in steps and any(found):
                yield node.id, name


def _gave(step: StepRecord | None, output: str, digest: str) -> bool:
    return step is not None and output in step.outputs and step.outputs[output].digest == digest


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

"""Gather what the page of a step shows: why it ran, what went in and came out, its log, its code, its attempts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from attrs import frozen

from ....compilers.graph import Attached, Binding, Collection, Graph, Literal, Operation, OutputRef, ParameterRef
from ...artifacts import Artifact
from ...changes import graph_of
from ...history.records import RunRecord, StepRecord
from ...instances import original
from ...provenance import Provenance
from ...runners.explaining import told_changes
from ...store import open_store
from ...terminal.tails import log_path
from ...workspace import Workspace
from .code import code_of
from .plots import charts_of
from .previews import Preview, preview
from .visits import Visit
from .wording import log_text

LOG = 256 * 1024
"""Bytes of a log that are shown: its end."""


@frozen
class Shown:
    """An artifact with what can be shown of it."""

    name: str
    artifact: Artifact
    preview: Preview


@frozen
class Input:
    """An input of a step: what it was bound to in words, and the artifacts that went in, with the steps that made them."""

    name: str
    bound: str
    artifacts: tuple[tuple[str, Artifact], ...] = ()


def details_of(
    visit: Visit, run: RunRecord, step: StepRecord, steps: Sequence[StepRecord], view: str
) -> dict[str, Any]:
    """Return what a view of a step shows."""
    graph = graph_of(visit.history, run.id)
    node = original(graph, step.id) if graph is not None else None
    gather: Mapping[str, Callable[[], dict[str, Any]]] = {
        "overview": lambda: _overview(visit, run, step, steps, graph),
        "log": lambda: _log(visit.service.workspace, run, step),
        "code": lambda: {"code": code_of(visit.history, visit.service.workspace.root, node)},
        "details": lambda: {"attempts": visit.history.attempts(run.id, step.id)},
    }
    return {"node": node, **gather[view]()}


def shown(workspace: Workspace, artifacts: Mapping[str, Artifact]) -> list[Shown]:
    """Return artifacts with their previews."""
    store = open_store(workspace.store_location, workspace.cache_folder)
    return [Shown(name, artifact, preview(artifact, store)) for name, artifact in artifacts.items()]


def _overview(
    visit: Visit, run: RunRecord, step: StepRecord, steps: Sequence[StepRecord], graph: Graph | None
) -> dict[str, Any]:
    provenance = None if graph is None else Provenance(graph, steps, visit.history.lineage.given(run.id))
    return {
        "inputs": [] if provenance is None else list(_inputs(step, run, provenance)),
        "outputs": shown(visit.service.workspace, step.outputs),
        "charts": charts_of(visit.history.metrics(run.id, step.id), is_log=visit.is_log),
        "files": visit.history.files(run.id, step.id),
        "changes": told_changes(visit.history, run, [step]).get(step.id, ()),
        "inside": [one for one in steps if one.parent == step.id],
    }


def _inputs(step: StepRecord, run: RunRecord, provenance: Provenance) -> Iterator[Input]:
    for name, binding in provenance.inputs(step.id).items():
        found = tuple((source.step, source.artifact) for source in provenance.sources(binding))
        yield Input(name, bound(binding, run.parameters), found)


def bound(binding: Binding, parameters: Mapping[str, str]) -> str:
    """Say what an input is bound to."""
    match binding:
        case Literal(value):
            return repr(value)
        case Attached():
            return "a value that was passed as it is"
        case ParameterRef(name, path):
            value = f" = {parameters[name]}" if name in parameters and not path else ""
            return f"parameter {name}{_selected(path)}{value}"
        case OutputRef(node, name, path):
            return f"{node}{'' if name == 'output' else f'.{name}'}{_selected(path)}"
        case Collection(kind, items, keys):
            texts = [bound(item, parameters) for item in items]
            named = [f"{key}: {text}" for key, text in zip(keys, texts, strict=True)] if keys else texts
            return f"{kind} of {', '.join(named)}"
        case Operation(operator, operands):
            return f" {operator} ".join(bound(operand, parameters) for operand in operands)


def _selected(path: Sequence[object]) -> str:
    return "".join(f"[{item!r}]" for item in path)


def _log(workspace: Workspace, run: RunRecord, step: StepRecord) -> dict[str, Any]:
    folder = workspace.run_folder(run.id)
    path = log_path(folder, step)
    if not path.is_file() or not path.resolve().is_relative_to(folder.resolve()):
        return {"log": "", "log_cut": 0}
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - LOG))
        data = file.read()
    cut = max(0, size - LOG)
    return {"log": log_text(data.partition(b"\n")[2] if cut else data), "log_cut": cut}

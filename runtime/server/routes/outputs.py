"""Give out what runs returned: as JSON where it is plain data, as files where it is asked for.

Nothing is unpickled here: what only Python can read is described, and can be downloaded.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NotRequired, TypedDict, cast

from starlette.responses import Response

from ....compilers.graph import OUTPUT, Binding, Collection, CollectionKind, Literal, OutputRef
from ....compilers.members import Member
from ...artifacts import Artifact
from ...changes import graph_of
from ...documents import ArtifactDocument, artifact_document
from ...errors import RunNotFound, StoreError
from ...store import decode, open_store
from ..actions import PART, Action, Call, Query
from ..callers import Scope
from ..errors import Problem
from ..files import FileAnswer

_PLAIN = frozenset({"json", "text"})
"""Codecs whose values are JSON themselves, and are read without running anybody's code."""

_MOST: Final = 1024 * 1024
"""Bytes of a value that are shown."""

_MOST_ZIPPED: Final = 512 * 1024 * 1024


class StepOutput(ArtifactDocument):
    """What a step returned, with its ``value`` where that is plain data."""

    value: NotRequired[Any]


class RunOutput(TypedDict, total=False):
    """What a pipeline returned: the output ``name`` of ``step``, or the item at ``path`` in it; or a plain ``value`` of its own."""

    digest: str
    type: str
    summary: str
    size: int
    codec: str
    value: Any
    step: str
    name: str
    path: list[str | int | float | bool | None]


class Outputs(TypedDict):
    """What a run returned, by name, and what its steps returned; ``shape`` is the collection that the former make up, if they do."""

    shape: CollectionKind | None
    outputs: dict[str, RunOutput | None]
    steps: dict[str, dict[str, StepOutput]]


def _list(call: Call) -> Outputs:
    service = call.service
    run_id = service.known_run(call.path("run"))
    try:
        made = {step.id: step.outputs for step in service.history.steps(run_id)}
    except RunNotFound:  # it waits for its turn
        return {"shape": None, "outputs": {}, "steps": {}}
    shape, returned = _returned(call, run_id, made)
    inner = {
        step: {name: _document(call, one) for name, one in outputs.items()} for step, outputs in made.items() if outputs
    }
    return {"shape": shape, "outputs": returned, "steps": inner}


def _returned(
    call: Call, run_id: str, made: dict[str, Any]
) -> tuple[CollectionKind | None, dict[str, RunOutput | None]]:
    """Return what the pipeline returned, by name, and what holds it together where that is a collection."""
    graph = graph_of(call.service.history, run_id)
    if graph is None:
        return None, {}
    shape = graph.output.kind if isinstance(graph.output, Collection) else None
    return shape, {name: _described(call, binding, made) for name, binding in _named(graph.output)}


def _named(output: Binding) -> Iterator[tuple[str, Binding]]:
    if not isinstance(output, Collection):
        yield OUTPUT, output
        return
    names = [str(key) for key in output.keys] or [f"output_{index}" for index in range(len(output.items))]
    yield from zip(names, output.items, strict=True)


def _described(call: Call, binding: Binding, made: dict[str, Any]) -> RunOutput | None:
    if isinstance(binding, OutputRef):
        artifact = made.get(binding.node, {}).get(binding.name)
        if artifact is None:
            return None
        found = _document(call, artifact)
        return {**found, "step": binding.node, "name": binding.name, "path": list(binding.path)}
    if isinstance(binding, Literal) and isinstance(binding.value, bool | int | float | str | None):
        return {"value": binding.value}
    if isinstance(binding, Literal) and isinstance(binding.value, Member):
        return {"value": binding.value.short}
    return {"value": None, "summary": "it is put together from several outputs"}


def _document(call: Call, artifact: Artifact) -> StepOutput:
    document = cast("StepOutput", artifact_document(artifact))
    if artifact.codec not in _PLAIN or artifact.size > _MOST:
        return document
    try:
        return {**document, "value": decode(artifact, _store(call))}
    except StoreError:  # it was cleaned away
        return document


def _store(call: Call) -> Any:
    workspace = call.service.workspace
    return open_store(workspace.store_location, workspace.cache_folder)


def _download(call: Call) -> Response:
    service, step, name = call.service, call.query["step"], call.query["name"]
    run_id = service.known_run(call.path("run"))
    outputs = next((one.outputs for one in service.history.steps(run_id) if one.id == step), {})
    if name not in outputs:
        raise Problem(
            404, f"run {run_id} has no output {name!r} of a step {step!r}; GET /api/v1/runs/{run_id}/outputs lists them"
        )
    artifact = outputs[name]
    if artifact.inline is not None:
        kind = "application/json" if artifact.codec == "json" else "application/octet-stream"
        return Response(artifact.inline, media_type=kind, headers=_as_file(f"{name}.{artifact.codec}"))
    folder = _store(call).get(artifact.digest)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    if len(files) == 1:
        return FileAnswer(files[0], headers=_as_file(files[0].name), media_type="application/octet-stream")
    return Response(_zipped(folder, files), media_type="application/zip", headers=_as_file(f"{name}.zip"))


def _zipped(folder: Path, files: list[Path]) -> bytes:
    if sum(file.stat().st_size for file in files) > _MOST_ZIPPED:
        raise Problem(
            413, f"the folder is bigger than {_MOST_ZIPPED:,} bytes; read it with Python: Run.get(...).outputs"
        )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.relative_to(folder).as_posix())
    return buffer.getvalue()


def _as_file(name: str) -> dict[str, str]:
    """Have a browser keep it: what a step wrote must not act as a page of this server."""
    safe = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name)
    return {
        "Content-Disposition": f'attachment; filename="{safe}"',
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }


ACTIONS = (
    Action("GET", "/api/v1/runs/{run}/outputs", _list, Scope.READ,
           "What it returned, and what its steps returned: plain data as JSON, the rest described.", tag="runs"),
    Action("GET", "/api/v1/runs/{run}/artifacts", _download, Scope.READ, "An output of a step, as a file or a zip of files.",
           query=(Query("step", str, "The step's id.", ""), Query("name", str, "The output's name.", OUTPUT)),
           gives=("application/octet-stream", "application/json", "application/zip"), also=PART, tag="runs"),
)  # fmt: skip

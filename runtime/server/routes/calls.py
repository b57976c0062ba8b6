"""Start runs of endpoints: in our form, with files, and in the form of Azure ML's first SDK."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, TypedDict

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from ...endpoints import QueuedRun, VersionRecord
from ...errors import EndpointError
from ...fitting import check_name, from_text
from ..actions import Action, Call, Query
from ..answers import Answer
from ..bodies import NO_NUL, Tags, Text, check_media, convert, read_body, read_json
from ..callers import Scope
from ..errors import Problem
from ..forms import read_form
from ..requests import Accepted, accepted_document

_PATH = "/api/v1/endpoints/{endpoint}"
_JSON, _FORM = "application/json", "multipart/form-data"

Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=NO_NUL)]


class RunRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A run that is asked for. ``timeout`` is in seconds; the highest ``priority`` is begun first.

    ``compute`` is where it is carried out; by default where the endpoint says.
    """

    parameters: dict[str, Any] = {}
    experiment: Text | None = None
    tags: Tags = {}
    priority: Annotated[int, msgspec.Meta(ge=-1000, le=1000)] = 0
    timeout: Annotated[float, msgspec.Meta(gt=0, le=1e8)] | None = None
    idempotency_key: Key | None = None
    compute: Text | None = None


class DataPathV1(msgspec.Struct, frozen=True, rename="pascal"):
    """A path in a datastore, as the first SDK's callers write it."""

    data_store_name: str
    relative_path: str = ""


class RunRequestV1(msgspec.Struct, frozen=True, rename="pascal"):
    """A run that is asked for as the first SDK's callers do: all values are texts. What else they send is not needed.

    Names may be written with any capitals. Data sets cannot be assigned: their values are in Azure.
    """

    experiment_name: Text | None = None
    parameter_assignments: dict[str, Any] | None = None
    data_path_assignments: dict[str, DataPathV1] | None = None
    data_set_definition_value_assignments: dict[str, Any] | None = None
    tags: dict[str, Any] | None = None


class StartedV1(TypedDict):
    """A run that was asked for as the first SDK's callers do."""

    Id: str
    Status: Literal["NotStarted"]
    RunUrl: str


class Uploaded(TypedDict):
    """What stands for a file as a parameter."""

    path: str


async def _start(call: Call) -> Response:
    sent = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if sent == _FORM:
        return await _start_by_form(call)
    request: RunRequest = await read_body(call.request, RunRequest)
    return await _accept(call, request)


async def _start_by_form(call: Call) -> Response:
    """Take in a form: ``request`` is the JSON document, and each file the parameter of its field's name."""
    version = await run_in_threadpool(_called, call)
    known = {one.name: one for one in await run_in_threadpool(call.service.parameters, version)}
    media, limit = call.request.headers["content-type"], call.service.settings.body_limit
    form = await read_form(
        call.request.stream(), media, call.service.uploads, lambda name: check_name(name, known), limit
    )
    try:
        request: RunRequest = read_json(bytes(form.text) or b"{}", RunRequest)
        return await _accept(call, msgspec.structs.replace(request, parameters={**request.parameters, **form.paths}))
    except BaseException:
        form.abandon()
        raise


def _called(call: Call) -> VersionRecord:
    return call.service.callable_version(call.path("endpoint"), call.request.path_params.get("version"))


async def _accept(call: Call, asked: RunRequest) -> Response:
    made, is_new = await _added(call, asked)
    document = accepted_document(made)
    return Answer(document, 201 if is_new else 200, {"Location": f"/api/v1/runs/{made.id}"})


async def _added(call: Call, asked: RunRequest) -> tuple[QueuedRun, bool]:
    service, version = call.service, call.request.path_params.get("version")
    key = asked.idempotency_key or call.request.headers.get("idempotency-key")
    if key is not None and not 1 <= len(key) <= 200:
        raise Problem(422, "the idempotency key is wrong", {"Idempotency-Key": "expected 1 to 200 characters"})
    request = await run_in_threadpool(
        _request, call, version, asked, None if key is None else f"{call.caller.name}:{key}"
    )
    try:
        return await service.intake.add(request)
    except EndpointError as error:  # the key was used for another request
        raise Problem(409, str(error), {"Idempotency-Key": "was used for another request"}) from None


def _request(call: Call, version: str | None, asked: RunRequest, key: str | None) -> QueuedRun:
    found = call.service.callable_version(call.path("endpoint"), version)
    return call.service.request(
        found, asked.parameters, experiment=asked.experiment, tags=asked.tags, priority=asked.priority,
        timeout=asked.timeout, requested_by=call.caller.name, idempotency_key=key, compute=asked.compute,
    )  # fmt: skip


async def _start_v1(call: Call) -> Response:
    check_media(call.request, _JSON)
    asked = _read_v1(await call.request.body())
    parameters = await run_in_threadpool(_parameters_v1, call, asked)
    tags = {name: str(value) for name, value in (asked.tags or {}).items()}
    request = {"parameters": parameters, "experiment": asked.experiment_name, "tags": tags}
    made, _ = await _added(call, convert(request, RunRequest))
    document: StartedV1 = {"Id": made.id, "Status": "NotStarted", "RunUrl": f"/api/v1/runs/{made.id}"}
    return Answer(document)


def _read_v1(data: bytes) -> RunRequestV1:
    """Read the names of the body as the service of the first SDK did: capitals tell nothing apart, and what is missed counts for nothing."""
    document: dict[str, Any] = _with_names(read_json(data, dict[str, Any]), RunRequestV1)
    paths = document.get("DataPathAssignments")
    if isinstance(paths, dict):
        document["DataPathAssignments"] = {name: _with_names(path, DataPathV1) for name, path in paths.items()}
    asked: RunRequestV1 = convert(document, RunRequestV1)
    sets = asked.data_set_definition_value_assignments
    if sets:
        known = "a data set of Azure cannot be taken here; send a path in a datastore, in DataPathAssignments"
        raise Problem(422, "the parameters do not fit", {f"parameters.{name}": known for name in sets})
    return asked


def _with_names(document: Any, kind: type[msgspec.Struct]) -> Any:
    """Return an object with the names that ``kind`` has, however they were written. Raises Problem for one that is there twice."""
    if not isinstance(document, dict):
        return document
    known = {one.encode_name.lower(): one.encode_name for one in msgspec.structs.fields(kind)}
    named = [(known.get(name.lower(), str(name)), value) for name, value in document.items()]
    twice = [name for name, count in Counter(name for name, _ in named).items() if count > 1]
    if twice:
        raise Problem(422, "the body is not the same to every reader", {twice[0][:100]: "it is there twice"})
    return dict(named)


def _parameters_v1(call: Call, asked: RunRequestV1) -> dict[str, Any]:
    version = call.service.callable_version(call.path("endpoint"), None)
    schemas = {parameter.name: parameter.schema for parameter in call.service.parameters(version)}
    values = {
        name: from_text(value, schemas[name]) if isinstance(value, str) and name in schemas else value
        for name, value in (asked.parameter_assignments or {}).items()
    }
    paths = asked.data_path_assignments or {}
    return values | {
        name: f"datastore://{path.data_store_name}/{path.relative_path.strip('/')}" for name, path in paths.items()
    }


async def _upload(call: Call) -> Uploaded:
    check_media(call.request, "application/octet-stream")
    return {"path": await call.service.uploads.keep(call.query["name"] or "", call.request.stream())}


_SUMMARY = (
    "Start a run{0}. As multipart/form-data, `request` is this document and each file is the parameter of its field's name. "
    "A repetition with the same Idempotency-Key gives the first run."
)

_BEFORE = {200: "It was accepted before."}

ACTIONS = (
    Action("POST", _PATH + "/runs", _start, Scope.RUN, _SUMMARY.format(" of the default version"), status=201,
           sent=RunRequest, media=(_JSON, _FORM), tag="runs", answers=Accepted, also=_BEFORE),
    Action("POST", _PATH + "/versions/{version}/runs", _start, Scope.RUN, _SUMMARY.format(" of a version"), status=201,
           sent=RunRequest, media=(_JSON, _FORM), tag="runs", answers=Accepted, also=_BEFORE),
    Action("POST", _PATH, _start_v1, Scope.RUN,
           "Start a run as callers of Azure ML's first SDK do: values are texts, and the answer is {\"Id\": ...}.",
           sent=RunRequestV1, media=(_JSON,), tag="runs", answers=StartedV1),
    Action("POST", "/api/v1/uploads", _upload, Scope.RUN, "Send a file, and get the text that stands for it as a parameter.",
           query=(Query("name", str, "What the file is called."),), media=("application/octet-stream",), status=201, tag="runs"),
)  # fmt: skip

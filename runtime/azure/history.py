"""Read what Azure's run history says about a job: its steps, their logs, where their outputs are.

No specification of this service is public. The requests are those of Microsoft's own client, as it was recorded.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from ..states import State
from .blobs import get_blob
from .client import Call
from .connections import Connection
from .jobs import state_of
from .refusals import read_fault

_VERSION = "v1.0"

REUSED, REUSED_FROM = "azureml.isreused", "azureml.reusedrunid"
"""The properties of a step run whose outputs are those of an earlier one."""


@frozen
class StepRecord:
    """A step of a pipeline job. ``run`` is the name of its run, ``step`` that of the step in the pipeline.

    ``reused_from`` is the run that its outputs come from, if it was not run; times are in seconds since 1970.
    """

    run: str
    step: str
    status: str
    parent: str = ""
    reused_from: str = ""
    started: float | None = None
    ended: float | None = None
    problem: str = ""
    properties: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def state(self) -> State:
        """Where the step stands."""
        found = state_of(self.status)
        return State.REUSED if found is State.COMPLETED and self.reused_from else found


@frozen
class Details:
    """What is known of one run: the URLs of its logs by name, which carry permissions, and why it failed."""

    logs: Mapping[str, str] = field(factory=dict, repr=False)
    problem: str = ""


def read_steps(connection: Connection, job: str) -> tuple[StepRecord, ...]:
    """Return the steps of a pipeline job that there are so far, in Azure's order. Raises NotFoundRemotely."""
    action = f"list the steps of the job {job!r}"
    call = Call(action, "GET", f"{_base(connection)}/runs/{job}/children", query={"api-version": _VERSION})
    pages = connection.client.pages(call)
    return tuple(_step(document) for document in pages)


def read_details(connection: Connection, run: str) -> Details:
    """Return where the logs of a run are, and why it failed. Raises NotFoundRemotely."""
    action = f"look at the run {run!r}"
    call = Call(action, "GET", f"{_base(connection)}/runs/{run}/details", query={"api-version": _VERSION})
    document = connection.client.send(call).document(action)
    logs = {str(name): str(url) for name, url in (document.get("logFiles") or {}).items()}
    return Details(logs, read_fault(document.get("error"))[1])


def read_log(connection: Connection, url: str, start: int = 0) -> bytes:
    """Return a log from a position on, in bytes; nothing where there is no more yet."""
    return get_blob(url, action="read a log", patience=connection.client.patience, start=start)


def read_outputs(connection: Connection, run: str) -> dict[str, str]:
    """Return the places of a run's outputs, as ``azureml://`` URIs by the outputs' names. Raises NotFoundRemotely."""
    action = f"find the outputs of the run {run!r}"
    body = {"runId": run, "selectRunMetadata": True, "selectRunDefinition": False, "selectJobSpecification": False}
    call = Call(action, "POST", f"{_base(connection)}/rundata", body=body, query={"api-version": _VERSION}, repeatable=True)  # fmt: skip
    metadata = connection.client.send(call).document(action).get("runMetadata") or {}
    assets = {
        str(name): str(one["assetId"]) for name, one in (metadata.get("outputs") or {}).items() if one.get("assetId")
    }
    uris = _resolved(connection, action, sorted(set(assets.values())))
    return {name: uris.get(asset, "") for name, asset in assets.items()}


def _resolved(connection: Connection, action: str, assets: list[str]) -> Mapping[str, str]:
    if not assets:
        return {}
    url = f"{_base(connection, 'data')}/dataversion/batchGetResolvedUris"
    call = Call(action, "POST", url, body={"values": assets}, repeatable=True)
    values = connection.client.send(call).document(action).get("values") or {}
    return {asset: str(found["uri"]) for asset, found in values.items() if isinstance(found, dict) and found.get("uri")}


def _base(connection: Connection, service: str = "history") -> str:
    return f"{connection.services}/{service}/v1.0{connection.address.id}"


def _step(document: Mapping[str, Any]) -> StepRecord:
    properties = document.get("properties") or {}
    reused = str(properties.get(REUSED) or "").casefold() == "true"
    run = str(document.get("runId") or "")
    return StepRecord(
        run=run,
        step=next(_names(document, properties), run),
        status=str(document.get("status") or "NotStarted"),
        parent=str(document.get("parentRunId") or ""),
        reused_from=str(properties.get(REUSED_FROM) or "unknown") if reused else "",
        started=_moment(document.get("startTimeUtc")),
        ended=_moment(document.get("endTimeUtc")),
        problem=read_fault(document.get("error"))[1],
        properties=properties,
    )


def _names(document: Mapping[str, Any], properties: Mapping[str, Any]) -> Iterator[str]:
    # The display name is the step's key in the pipeline; a component without a name of its own has a module's name too.
    for found in (document.get("displayName"), properties.get("azureml.moduleName"), document.get("name")):
        if isinstance(found, str) and found:
            yield found


def _moment(text: object) -> float | None:
    """Read a time in ISO 8601, with as many digits as .NET writes; without a zone it is UTC."""
    if not isinstance(text, str) or not text:
        return None
    try:
        found = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=datetime.UTC)).timestamp()

"""Submit jobs, look at them, cancel them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from ..states import State
from .connections import Connection
from .credentials import DATA_PLANE
from .errors import NotFoundRemotely, SubmissionRejected
from .operations import PATIENCE, awaited

SUBMISSION = "penstock.submission"
"""The property of a job that tells one submission from another, for when nobody knows whether it arrived."""

_STATES = {
    "completed": State.COMPLETED, "finished": State.COMPLETED, "failed": State.FAILED, "canceled": State.CANCELLED,
    "cancelled": State.CANCELLED, "running": State.RUNNING, "finalizing": State.RUNNING, "cancelrequested": State.RUNNING,
    "notresponding": State.RUNNING, "paused": State.RUNNING,
}  # fmt: skip
"""What Azure's states are here; the others come before running. Runs in the history end as Completed or Finished."""


@frozen
class Job:
    """A job as Azure tells it. ``status`` is Azure's word, ``state`` ours; ``studio`` is the link for people."""

    name: str
    status: str
    kind: str = ""
    display_name: str = ""
    experiment: str = ""
    studio: str = field(default="", repr=False)
    properties: Mapping[str, str] = field(factory=dict, repr=False)
    tags: Mapping[str, str] = field(factory=dict, repr=False)
    document: Mapping[str, Any] = field(factory=dict, repr=False, eq=False)

    @property
    def state(self) -> State:
        """Where the job stands."""
        return state_of(self.status)


def state_of(status: str) -> State:
    """Return our state for Azure's word; what is not known is still to begin.

    >>> state_of("CancelRequested").value, state_of("Queued").value
    ('running', 'pending')
    """
    return _STATES.get(status.casefold(), State.PENDING)


def submit_job(connection: Connection, name: str, body: Mapping[str, Any]) -> Job:
    """Submit a job under a name of ours, and return it as Azure accepted it.

    The name makes it safe to send twice: where an answer was lost, and Azure then says that the job is there, it is
    looked at, and is this one if its property :data:`SUBMISSION` is. Raises SubmissionRejected and the like.
    """
    action = f"submit the job {name!r}"
    tokens = {"x-azureml-token": DATA_PLANE} if body["properties"].get("jobType") == "Pipeline" else {}
    try:
        return read_job(connection.put(action, "jobs", name, body=body, tokens=tokens))
    except SubmissionRejected as error:
        mine = (body["properties"].get("properties") or {}).get(SUBMISSION)
        there = get_job(connection, name) if error.status == 409 and mine else None
        if there is None or there.properties.get(SUBMISSION) != mine:
            raise
        return there


def find_submitted(connection: Connection, name: str, submission: str) -> Job | None:
    """Return the job of a name of ours that an earlier process submitted as ``submission``; None where there is none."""
    try:
        found = get_job(connection, name)
    except NotFoundRemotely:
        return None
    return found if found.properties.get(SUBMISSION) == submission else None


def get_job(connection: Connection, name: str) -> Job:
    """Return a job. Raises NotFoundRemotely."""
    return read_job(connection.get(f"find the job {name!r}", "jobs", name))


def cancel_job(connection: Connection, name: str, *, timeout: float = PATIENCE) -> None:
    """Ask Azure to stop a job; one that has ended stays as it is. It is not waited for. Raises NotFoundRemotely."""
    action = f"cancel the job {name!r}"
    try:
        connection.call(action, "POST", "jobs", name, "cancel", repeatable=True)
    except SubmissionRejected:
        # It may have ended meanwhile, or be stopping already: both are what was asked for.
        awaited(lambda: True if get_job(connection, name).state.ended else None, action, min(timeout, 1.0))


def list_jobs(
    connection: Connection, *, kind: str | None = None, tag: str | None = None, properties: str | None = None
) -> Iterator[Job]:
    """Give the jobs of the workspace, the newest first; of a kind, with a tag, or with a property ``name=value``."""
    given = {"jobType": kind, "tag": tag, "properties": properties}
    query = {name: value for name, value in given.items() if value is not None}
    return map(read_job, connection.pages("list the jobs of the workspace", "jobs", query=query))


def read_job(document: Mapping[str, Any]) -> Job:
    """Return the record of a job from Azure's document."""
    properties = document.get("properties") or {}
    services = properties.get("services") or {}
    return Job(
        name=str(document.get("name") or str(document.get("id") or "").rpartition("/")[2]),
        status=str(properties.get("status") or "NotStarted"),
        kind=str(properties.get("jobType") or ""),
        display_name=str(properties.get("displayName") or ""),
        experiment=str(properties.get("experimentName") or ""),
        studio=str((services.get("Studio") or {}).get("endpoint") or ""),
        properties=properties.get("properties") or {},
        tags=properties.get("tags") or {},
        document=document,
    )

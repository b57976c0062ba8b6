"""Answer what cannot be done with a JSON document that says why (RFC 9457), never with a traceback."""

from __future__ import annotations

import logging
import secrets
from itertools import islice
from typing import NotRequired, TypedDict

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..errors import (
    ArtifactNotFound,
    BundleError,
    DatastoreError,
    EndpointDisabled,
    EndpointError,
    EndpointExists,
    EndpointNotFound,
    HistoryBusy,
    ParametersUnfit,
    RunError,
    RunNotFound,
    StepNotFound,
)
from .answers import Answer
from .errors import Problem
from .recurrences import ScheduleError


class FieldProblem(TypedDict):
    """What is wrong with which part of a request."""

    field: str
    problem: str


class ProblemDocument(TypedDict):
    """Why a request was refused (RFC 9457); ``errors`` name the parts of it that are to blame."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldProblem]]


log = logging.getLogger("penstock.server")

_STATUSES: tuple[tuple[tuple[type[Exception], ...], int], ...] = (
    ((RunNotFound, StepNotFound, ArtifactNotFound, EndpointNotFound), 404),
    ((EndpointExists, EndpointDisabled, RunError), 409),
    ((BundleError, DatastoreError, EndpointError), 422),
    ((HistoryBusy,), 503),
)
_MOST_FIELDS = 100
"""Parts of a request whose faults are told; an answer must not be many times as long as what was sent."""

_ROUTING = {
    404: "nothing is here; /api/v1/openapi.json lists what there is",
    405: "this address does not know that method; the header Allow lists those that it knows",
}


def answer_to(error: Exception) -> Answer:
    """Return what a client is told of an error. What nobody foresaw is logged under a number, and only that is told."""
    problem = _problem(error)
    if problem is None:
        number = secrets.token_hex(4)
        log.error("request failed, incident %s", number, exc_info=error)
        problem = Problem(500, f"the server failed at this; its log has the details under incident {number}")
    return document_of(problem)


def document_of(problem: Problem) -> Answer:
    """Return a problem as it is sent."""
    document: ProblemDocument = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.fields:
        document["errors"] = [
            {"field": name, "problem": text} for name, text in islice(problem.fields.items(), _MOST_FIELDS)
        ]
    return Answer(document, problem.status, problem.headers, media_type="application/problem+json")


def _problem(error: Exception) -> Problem | None:
    if isinstance(error, Problem):
        return error
    if isinstance(error, ClientDisconnect):  # nobody reads this
        return Problem(400, "the body broke off")
    if isinstance(error, HTTPException):
        return Problem(error.status_code, _ROUTING.get(error.status_code, error.detail), headers=error.headers)
    if isinstance(error, ParametersUnfit):
        return Problem(422, "the parameters do not fit", error.fields)
    if isinstance(error, ScheduleError):
        return Problem(422, "the schedule cannot be understood", {error.field: error.problem})
    for kinds, status in _STATUSES:
        if isinstance(error, kinds):
            return Problem(status, str(error))
    return None

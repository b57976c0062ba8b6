"""Turn an answer of Azure that refuses something into an error that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .answers import Answer
from .errors import (
    AuthenticationFailed,
    NotFoundRemotely,
    PermissionDenied,
    QuotaExceeded,
    RemoteError,
    RemoteUnavailable,
    SubmissionRejected,
)
from .redaction import redacted

_LONGEST = 1500
"""Characters of Azure's own words that are shown."""

_QUOTA = re.compile(r"quota|not enough (cores|quota)|limit (is )?(exceeded|reached)|exceeds? the (allowed|maximum)", re.IGNORECASE)  # fmt: skip
_ACTION = re.compile(r"perform action '([^']+)'")
_CLIENT = re.compile(r"client '([^']+)'")

_ROLES = (
    (re.compile(r"/computes/.*(write|delete|action)$"), "AzureML Compute Operator"),
    (re.compile(r"/(batchEndpoints|jobs|codes|components|environments|schedules|data)\b"), "AzureML Data Scientist"),
    (re.compile(r"/datastores/listSecrets|/listsecrets", re.IGNORECASE), "AzureML Data Scientist"),
    (re.compile(r"read$"), "Reader"),
)
"""Which built-in role covers an action that was refused."""


def refusal(action: str, answer: Answer) -> RemoteError:
    """Return the error for an answer whose status is none of success."""
    return fault(action, answer.body, answer.status, answer.correlation)


def fault(action: str, body: object, status: int = 0, correlation: str = "") -> RemoteError:
    """Return the error for Azure's description of a fault: the body of an answer, or what an operation ended with."""
    code, problem = read_fault(body)
    correlation = correlation or _correlation(body)
    problem = problem or f"Azure answered HTTP {status} without saying why"
    kind = _kind(status, code, problem)
    return kind(action, _with_role(kind, problem), code, status, correlation)


def read_fault(body: object) -> tuple[str, str]:
    """Return Azure's word for a fault, and its sentences with those about details; empty where there are none."""
    found = _error(body)
    if found is None:
        text = str(body) if isinstance(body, str) else ""
        return "", "" if text.lstrip().startswith("<") else redacted(" ".join(text.split()))[:_LONGEST]
    messages = list(dict.fromkeys(_messages(found)))
    code = found.get("code")
    return str(code) if code else "", redacted("; ".join(messages))[:_LONGEST]


def _error(body: object) -> Mapping[str, Any] | None:
    """Find the error in a body: ``{"error": {...}}`` of the management plane, bare, or a string of the data plane's."""
    if not isinstance(body, Mapping):
        return None
    inner = body.get("error", body)
    return inner if isinstance(inner, Mapping) and ("code" in inner or "message" in inner) else None


def _messages(error: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    message = error.get("message")
    if isinstance(message, str) and message.strip():
        yield " ".join(message.split()).rstrip(".")
    details = error.get("details")
    if depth < 4 and isinstance(details, list):
        for detail in details:
            if isinstance(detail, Mapping):
                yield from _messages(detail, depth + 1)


def _correlation(body: object) -> str:
    error = _error(body) or {}
    for info in error.get("additionalInfo") or ():
        if isinstance(info, Mapping) and info.get("type") == "Correlation" and isinstance(info.get("info"), Mapping):
            inner = info["info"].get("value")
            found = inner if isinstance(inner, Mapping) else info["info"]
            return str(found.get("operation") or found.get("request") or "")
    return ""


def _kind(status: int, code: str, problem: str) -> type[RemoteError]:
    if status == 401:
        return AuthenticationFailed
    if status == 404:
        return NotFoundRemotely
    if _QUOTA.search(code) or (status not in (403, 429) and _QUOTA.search(problem)):
        return QuotaExceeded
    if status == 403:
        return PermissionDenied
    return RemoteUnavailable if status in (408, 429) or status >= 500 else SubmissionRejected


def _with_role(kind: type[RemoteError], problem: str) -> str:
    """Add to a refusal which built-in role would allow the action that Azure names."""
    action = _ACTION.search(problem)
    if kind is not PermissionDenied or action is None:
        return problem
    role = next((role for pattern, role in _ROLES if pattern.search(action[1])), "Contributor")
    who = _CLIENT.search(problem)
    return (
        f"{who[1] if who else 'who is logged in'} lacks the action {action[1]}, which the role {role!r} has. {problem}"
    )

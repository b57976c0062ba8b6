"""Errors of Azure: which class, which words, which advice."""

import pytest

from penstock.runtime.azure.answers import Answer
from penstock.runtime.azure.errors import (
    AuthenticationFailed,
    NotFoundRemotely,
    PermissionDenied,
    QuotaExceeded,
    RemoteError,
    RemoteUnavailable,
    SubmissionRejected,
)
from penstock.runtime.azure.redaction import redacted
from penstock.runtime.azure.refusals import read_fault, refusal

DENIED = (
    "The client 'me@example.org' with object id '1' does not have authorization to perform action "
    "'Microsoft.MachineLearningServices/workspaces/computes/write' over scope '/subscriptions/1'."
)


def error(code, message, **more):
    return {"error": {"code": code, "message": message, **more}}


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (401, "InvalidAuthenticationToken", "expired", AuthenticationFailed),
        (403, "AuthorizationFailed", DENIED, PermissionDenied),
        (404, "ResourceNotFound", "no such workspace", NotFoundRemotely),
        (400, "UserError", "'Model Reference' must not be empty", SubmissionRejected),
        (409, "Conflict", "exists", SubmissionRejected),
        (400, "ClusterCoreQuotaReached", "sorry", QuotaExceeded),
        (409, "Conflict", "Operation results in exceeding quota limits of Cores", QuotaExceeded),
        (400, "BadArgument", "The specified VM size Standard_X is not supported in eastus2", SubmissionRejected),
        (429, "TooManyRequests", "rate limit exceeded", RemoteUnavailable),
        (503, "ServiceUnavailable", "later", RemoteUnavailable),
    ],
)
def test_each_refusal_has_its_class_and_azures_words(status, code, message, kind):
    found = refusal("do it", Answer(status, error(code, message)))
    assert type(found) is kind
    assert message.rstrip(".") in str(found)
    assert (found.status, found.code) == (status, code)


def test_a_missing_role_is_named():
    found = str(refusal("create the compute 'gpu'", Answer(403, error("AuthorizationFailed", DENIED))))
    assert "me@example.org lacks the action Microsoft.MachineLearningServices/workspaces/computes/write" in found
    assert "the role 'AzureML Compute Operator' has" in found


def test_details_are_told_and_the_correlation_id_is_shown():
    details = [{"code": "A", "message": "one"}, {"message": "two", "details": [{"message": "three"}]}, "junk", None]
    headers = {"x-ms-correlation-request-id": "abc-1"}
    found = str(refusal("do it", Answer(400, error("UserError", "zero.", details=details), headers)))
    assert "zero; one; two; three (HTTP 400, UserError, correlation id abc-1)" in found


def test_the_correlation_id_is_found_in_the_body_too():
    info = [{"type": "Correlation", "info": {"value": {"operation": "op-1"}}}]
    assert refusal("do it", Answer(400, error("E", "m", additionalInfo=info))).correlation == "op-1"


@pytest.mark.parametrize("body", [
    None, "", "<html>", [], {}, {"error": None}, {"error": "text"}, {"error": []}, {"error": {"code": 5}}, 7,
    {"error": {"message": {"a": 1}, "code": "x"}}, {"error": {"message": "m", "details": "x", "additionalInfo": [1]}},
])  # fmt: skip
def test_a_body_of_any_form_gives_an_error_with_words(body):
    found = refusal("do it", Answer(400, body))
    assert isinstance(found, RemoteError)
    assert str(found).startswith("could not do it: ")


def test_a_fault_of_the_data_plane_is_read_too():
    assert read_fault({"code": "X", "message": "bare"}) == ("X", "bare")
    assert read_fault("plain words") == ("", "plain words")


@pytest.mark.parametrize("text", [
    "Authorization: Bearer abcdefghijkl", "https://a.blob.core.windows.net/c?se=1&sig=abcdefghijkl", "AccountKey=abcdefghijkl;",
    '{"client_secret": "abcdefghijkl"}', "eyJabcdefghijkl.eyJabcdefghijkl.abcdefghijkl", "SharedAccessSignature=abcdefghijkl",
])  # fmt: skip
def test_no_secret_is_told_again(text):
    assert "abcdefghijkl" not in redacted(f"it said: {text}")
    assert "abcdefghijkl" not in str(refusal("do it", Answer(400, error("E", f"it said: {text}"))))

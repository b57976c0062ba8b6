"""The server answers whatever its OpenAPI document describes: schemathesis makes up the requests."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip("schemathesis")

SENT = ("method", "url", "params", "headers", "json", "content")
QUIETLY = settings(
    max_examples=6, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
)


def operations(client):
    """Return what can be asked for, but for what deletes, streams, or ends the session."""
    schema = schemathesis.openapi.from_dict(client.get("/api/v1/openapi.json").json())
    found = [one.ok() for one in schema.get_all_operations()]
    return [one for one in found if one.method.upper() != "DELETE" and not one.path.endswith(("/events", "/session"))]


def check(operation, client, headers, codes) -> None:
    @QUIETLY
    @given(case=operation.as_strategy())
    def each(case):
        sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
        sent["headers"] = {**(sent.get("headers") or {}), **headers}
        answer = client.request(**{name: value for name, value in sent.items() if name in SENT})
        codes[answer.status_code] += 1
        assert answer.status_code < 500, (operation.label, answer.text)
        assert "Traceback" not in answer.text

    each()


def test_no_request_that_the_document_describes_breaks_the_server(client):
    headers, codes = {"Authorization": client.headers["Authorization"]}, Counter()
    described = operations(client)
    for operation in described:
        check(operation, client, headers, codes)
    assert len(described) > 20
    assert {200, 201, 404, 422} <= codes.keys(), codes

"""The server answers whatever its OpenAPI document describes: schemathesis makes up the requests."""

from __future__ import annotations

from collections import Counter

import attrs
import httpx2
import jsonschema
import pytest
import requests
from penstock.runtime.artifacts import Artifact
from penstock.runtime.documents import ArtifactDocument, MetricDocument
from penstock.runtime.endpoints import EndpointRecord, ScheduleRecord, TokenRecord, VersionRecord
from penstock.runtime.history.records import MetricRecord
from penstock.runtime.server.openapi import openapi
from penstock.runtime.server.routes import ACTIONS
from penstock.runtime.server.routes.endpoints import EndpointDocument, VersionDocument
from penstock.runtime.server.routes.schedules import ScheduleDocument
from penstock.runtime.server.routes.tokens import TokenDocument
from hypothesis import HealthCheck, Phase, given, settings

schemathesis = pytest.importorskip("schemathesis")

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
        asked = requests.Request(**case.as_transport_kwargs(base_url="http://127.0.0.1")).prepare()
        sent = {**asked.headers, **headers}
        answer = client.request(asked.method, asked.url, headers=sent, content=asked.body)
        codes[answer.status_code] += 1
        assert answer.status_code < 500, (operation.label, answer.text)
        assert "Traceback" not in answer.text
        operation.validate_response(transported(answer))

    each()


def transported(answer):
    """Return an answer as schemathesis has it."""
    headers = {name: [value] for name, value in answer.headers.items()}
    request = requests.Request(answer.request.method, str(answer.request.url)).prepare()
    return schemathesis.Response(answer.status_code, headers, answer.content, request, elapsed=0.0, verify=False)


def test_no_request_that_the_document_describes_breaks_the_server(client):
    headers, codes = {"Authorization": client.headers["Authorization"]}, Counter()
    described = operations(client)
    for operation in described:
        check(operation, client, headers, codes)
    assert len(described) > 20
    assert {200, 201, 404, 422} <= codes.keys(), codes


def test_every_json_answer_has_a_schema():
    document = openapi(ACTIONS, {}, "any")
    for action in ACTIONS:
        is_json = action.gives == ("application/json",) and action.status != 204
        assert action.answer is not None or not is_json or action.path.endswith("openapi.json"), action.path
    jsonschema.Draft202012Validator.check_schema({"$defs": document["components"]["schemas"]})


@pytest.mark.parametrize("change", [{"more": 1}, {"status": 5}, {"workspace": None}])
def test_the_check_of_the_suites_answers_finds_what_is_not_described(client, conformance, change):
    answer = client.get("/api/v1/health")
    wrong = httpx2.Response(200, json={**answer.json(), **change}, request=answer.request)
    conformance(answer)
    with pytest.raises(jsonschema.ValidationError):
        conformance(wrong)


@pytest.mark.parametrize(("record", "document", "hidden"), [
    (EndpointRecord, EndpointDocument, {"last_number"}),
    (VersionRecord, VersionDocument, set()),
    (ScheduleRecord, ScheduleDocument, {"memory", "owner", "lease"}),
    (TokenRecord, TokenDocument, {"hash"}),
    (MetricRecord, MetricDocument, set()),
    (Artifact, ArtifactDocument, {"inline"}),
])  # fmt: skip
def test_all_that_is_known_is_told_but_for_what_is_hidden_on_purpose(record, document, hidden):
    assert {field.name for field in attrs.fields(record)} - document.__annotations__.keys() == hidden

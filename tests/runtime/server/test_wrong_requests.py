"""Requests that no client of ours would send: each is refused with a document that says why, and none is an error of the server."""

from __future__ import annotations

import pytest
from penstock.runtime.server.routes import ACTIONS

JSON = {"Content-Type": "application/json"}
CHANGES = [action for action in ACTIONS if action.method in ("POST", "PATCH") and (action.body or action.sent)]
BODIES = {
    "bytes that are no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "NaN": b'{"timeout": NaN}',
    "an endless number": b'{"timeout": 1e400}',
    "many digits": b'{"priority": ' + b"9" * 100_000 + b"}",
    "deep lists": b'{"parameters": ' + b"[" * 200_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "half a character": b'{"name": "\\ud800"}',
    "null": b"null",
    "a list": b"[]",
    "two documents": b"{} {}",
    "nothing": b"",
}


def address(action) -> str:
    return (
        action.path.replace("{endpoint}", "fit")
        .replace("{version}", "1")
        .replace("{schedule}", "no")
        .replace("{run}", "no")
    )


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_broken_bodies_are_refused_everywhere(client, body):
    for action in CHANGES:
        answer = client.request(action.method, address(action), content=body, headers=JSON)
        assert answer.status_code in (400, 404, 422), (action.path, answer.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"parameters": {"lr": 1, "lr": 2}}', 400),
        (b'{"parameters": {}, "parameters": {"lr": 2}}', 400),
        (b'{"parameters": {"lr": ' + b"[" * 70 + b"]" * 70 + b"}}", 400),
        (b'{"parameters": {"lr": 1' + b"0" * 400 + b"}}", 422),
        (b'{"parameters": {"epochs": 1e400}}', 422),
        (b'{"experiment": "a\\u0000"}', 422),
        (b'{"tags": {"a\\u0000": "b"}}', 422),
        (b'{"idempotency_key": "\\u0000"}', 422),
        (b'{"tags": {' + b", ".join(b'"%d": ""' % number for number in range(101)) + b"}}", 422),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_readers_differ_about_and_what_no_database_keeps_is_refused(client, body, status):
    answer = client.post("/api/v1/endpoints/fit/runs", content=body, headers=JSON)
    assert (answer.status_code, client.get("/api/v1/runs").json()["runs"]) == (status, [])


@pytest.mark.parametrize("text", ["1e400", "-1e999", "9" * 5000, "NaN", "Infinity", "1" + "0" * 400])
def test_texts_of_the_first_sdk_that_are_no_number_are_refused(client, text):
    answer = client.post("/api/v1/endpoints/fit", json={"ParameterAssignments": {"lr": text}})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "parameters.lr")


def test_a_method_that_an_address_does_not_know_is_told_what_it_knows(client):
    for path in {action.path for action in ACTIONS}:
        known = {action.method for action in ACTIONS if action.path == path}
        for method in {"GET", "PUT", "POST", "PATCH", "DELETE", "OPTIONS", "TRACE"} - known:
            answer = client.request(method, path)
            assert (answer.status_code, known <= set(answer.headers["Allow"].split(", "))) == (405, True)


def test_head_is_get_without_a_body(client):
    for path in ("/api/v1/runs", "/api/v1/health", "/api/v1/endpoints/fit", "/api/v1/runs/no", "/api/v1/openapi.json"):
        got, head = client.get(path), client.head(path)
        assert (head.status_code, head.content, head.headers["content-type"]) == (
            got.status_code,
            b"",
            got.headers["content-type"],
        )


@pytest.mark.parametrize(
    "media",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp", b"application/json\xff", "*/*"],
)
def test_other_media_are_refused_everywhere(client, media):
    for action in CHANGES:
        headers = {} if media is None else {"Content-Type": media}
        answer = client.request(action.method, address(action), content=b"{}", headers=headers)
        assert answer.status_code == 415, (action.path, answer.text)


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=1001", "limit=", "limit=9" + "9" * 30, "state=nope", "state=", "before=nope",
                                   "before=%00", "endpoint=%00", "experiment=a%00b", "pipeline=%00", "nope=1", "%00=1"])  # fmt: skip
def test_wrong_queries_name_what_is_wrong(client, query):
    answer = client.get(f"/api/v1/runs?{query}")
    assert answer.status_code in (404, 422)
    assert query.startswith("before") or answer.json()["errors"]


def test_an_address_with_nul_is_nowhere(client):
    paths = [action for action in ACTIONS if "{" in action.path]
    for action in paths:
        path = action.path.replace("{", "%00{").replace("{endpoint}", "").replace("{version}", "").replace("{run}", "")
        path = path.replace("{schedule}", "").replace("{token}", "").replace("{file}", "")
        assert client.request(action.method, path, json={}).status_code in (404, 415), action.path


@pytest.mark.parametrize("wanted", ["bytes=abc", "bytes=99999999-", "lines=1-2", "bytes=5-1"])
def test_a_range_that_cannot_be_is_refused_as_all_is(client, wanted):
    answer = client.get("/api/v1/docs/swagger-ui.css", headers={"Range": wanted})
    assert (answer.status_code, answer.headers["content-type"]) == (416, "application/problem+json")


def test_an_empty_name_of_a_version_is_none(client):
    schedule = {"name": "nightly", "endpoint": "fit", "rule": {"cron": "0 6 * * *"}, "version": ""}
    assert client.post("/api/v1/schedules", json=schedule).status_code == 404
    assert client.patch("/api/v1/endpoints/fit", json={"default_version": ""}).status_code == 404
    assert client.get("/api/v1/endpoints/fit").json()["default_version"] is None

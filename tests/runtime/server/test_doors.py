"""Who is let in, on every route that there is."""

from __future__ import annotations

import re
import time

import pytest
from penstock.runtime.server import Settings, create_app
from penstock.runtime.server.callers import Caller, Scope
from penstock.runtime.server.routes import ACTIONS
from starlette.testclient import TestClient

GUARDED = [action for action in ACTIONS if action.scope is not None]
NAMES = [f"{action.method} {action.path}" for action in GUARDED]
HOST = "http://127.0.0.1"


def ask(client, action, **headers):
    path = re.sub(r"\{(\w+)\}", lambda found: "fit" if found[1] == "endpoint" else "1", action.path)
    client.headers.pop("Authorization", None)
    return client.request(action.method, path, headers=headers)


@pytest.fixture
def app(published):
    return TestClient(create_app(published, settings=Settings(slots=0)), base_url=HOST)


@pytest.mark.parametrize("action", GUARDED, ids=NAMES)
def test_nobody_is_let_in_without_a_token_that_is_valid(app, token, action):
    tokens = app.app.state.service.doors.tokens
    expired = token("admin", expires=time.time() - 1)
    revoked = token("admin")
    tokens.revoke(next(one.id for one in tokens.list() if one.expires is None))
    shown = [f"Bearer {one}" for one in (expired, revoked, "pst_" + "A" * 43, "", "a.b.c", "\xe9")]
    codes = {ask(app, action, Authorization=one.encode("latin-1")).status_code for one in (*shown, "Basic YTpi")}
    assert codes | {ask(app, action).status_code, ask(app, action, Cookie="penstock_session=a.b.c").status_code} == {
        401
    }


@pytest.mark.parametrize("action", GUARDED, ids=NAMES)
def test_each_scope_opens_what_it_is_for_and_nothing_else(app, token, action):
    for scope in Scope:
        code = ask(app, action, Authorization=f"Bearer {token(scope.value)}").status_code
        assert (code == 403) == (not Caller("x", frozenset({scope})).may(action.scope)), (scope, code)


@pytest.mark.parametrize("action", GUARDED, ids=NAMES)
def test_a_token_for_one_endpoint_opens_nothing_of_another(app, token, action):
    if action.lists:
        pytest.skip("answers with what belongs to the endpoint; tested below")
    code = ask(app, action, Authorization=f"Bearer {token('admin', endpoint='typed')}").status_code
    assert code in (403, 404)


def test_lists_show_a_confined_caller_only_its_own(client, token):
    for name in ("fit", "typed"):
        parameters = {"day": "2026-11-22"} if name == "typed" else {}
        client.post(f"/api/v1/endpoints/{name}/runs", json={"parameters": parameters})
        rule = {"name": f"of-{name}", "endpoint": name, "rule": {"cron": "0 6 * * *"}, "parameters": parameters}
        assert client.post("/api/v1/schedules", json=rule).status_code == 201
    client.headers["Authorization"] = f"Bearer {token('admin', endpoint='fit')}"
    assert [one["name"] for one in client.get("/api/v1/endpoints").json()["endpoints"]] == ["fit"]
    assert {one["endpoint"] for one in client.get("/api/v1/runs?endpoint=typed").json()["runs"]} == {"fit"}
    assert [one["name"] for one in client.get("/api/v1/schedules?endpoint=typed").json()["schedules"]] == ["of-fit"]
    assert client.delete("/api/v1/schedules/of-typed").status_code == 404
    assert "Run_typed" not in client.get("/api/v1/openapi.json").text


def test_a_token_is_shown_once_and_works_until_it_is_revoked(client):
    made = client.post("/api/v1/tokens", json={"name": "ci", "scopes": ["run"], "days": 1}).json()
    assert made["token"] not in client.get("/api/v1/tokens").text
    theirs = {"Authorization": f"Bearer {made['token']}"}
    assert client.get("/api/v1/runs", headers=theirs).status_code == 200
    assert client.delete(f"/api/v1/tokens/{made['id']}").status_code == 204
    assert client.get("/api/v1/runs", headers=theirs).status_code == 401


def test_many_wrong_tokens_from_one_address_have_to_wait(app):
    codes = [
        app.get("/api/v1/runs", headers={"Authorization": f"Bearer pst_{number}"}).status_code for number in range(25)
    ]
    assert (codes[0], codes[-1]) == (401, 429)


def test_a_browsers_session_needs_its_csrf_token_to_change_anything(app, token):
    session = app.post("/api/v1/session", json={"token": token("run")})
    assert (
        "httponly" in session.headers["set-cookie"].lower()
        and "samesite=strict" in session.headers["set-cookie"].lower()
    )
    assert app.get("/api/v1/runs").status_code == 200
    assert app.post("/api/v1/endpoints/fit/runs", json={}).status_code == 403
    assert app.post("/api/v1/endpoints/fit/runs", json={}, headers={"X-CSRF-Token": "0" * 64}).status_code == 403
    csrf = app.get("/api/v1/session").json()["csrf"]
    assert app.post("/api/v1/endpoints/fit/runs", json={}, headers={"X-CSRF-Token": csrf}).status_code == 201


def test_a_session_ends_with_its_token(app, token):
    app.post("/api/v1/session", json={"token": token("admin")})
    tokens = app.app.state.service.doors.tokens
    tokens.revoke(tokens.list()[0].id)
    assert app.get("/api/v1/runs").status_code == 401


def test_no_secret_is_in_what_is_logged_or_kept(app, token, published, caplog):
    secret = token("run")
    app.get("/api/v1/runs?x=1", headers={"Authorization": f"Bearer {secret}"})
    assert secret not in caplog.text
    kept = b"".join(file.read_bytes() for file in published.folder.rglob("*") if file.is_file())
    assert secret.encode() not in kept


def test_whoever_was_let_in_does_not_pay_for_the_wrong_tokens_of_a_neighbour(app, token, monkeypatch):
    monkeypatch.setattr("penstock.runtime.server.doors._FRESH", 0.0)
    mine = {"Authorization": f"Bearer {token('read')}"}
    assert app.get("/api/v1/runs", headers=mine).status_code == 200
    wrong = [app.get("/api/v1/runs", headers={"Authorization": f"Bearer pst_{one}"}).status_code for one in range(25)]
    assert (wrong[-1], app.get("/api/v1/runs", headers=mine).status_code) == (429, 200)


@pytest.mark.parametrize("path", ["/login", "/api/v1/session"])
def test_many_wrong_tokens_at_signing_in_have_to_wait(app, token, path):
    how = "data" if path == "/login" else "json"
    codes = [app.post(path, **{how: {"token": f"pst_{number}"}}).status_code for number in range(25)]
    assert (codes[0], codes[-1]) == (401, 429)
    assert app.post(path, **{how: {"token": token("admin")}}).status_code == 429


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_foreign_page_can_neither_sign_somebody_in_nor_out(app, token, headers):
    mine = {"token": token("read")}
    for path in ("/login", "/logout"):
        answer = app.post(path, data=mine, headers=headers, follow_redirects=False)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert "set-cookie" not in app.get("/logout", headers=headers, follow_redirects=False).headers


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "same-origin", "Origin": "https://proxy.example"}, {"Origin": HOST}, {}]
)
def test_the_page_of_this_server_signs_in_and_out(app, token, headers):
    entered = app.post("/login", data={"token": token("read")}, headers=headers, follow_redirects=False)
    assert (entered.status_code, "penstock_session=" in entered.headers["set-cookie"]) == (303, True)
    left = app.post("/logout", headers=headers, follow_redirects=False)
    assert (left.status_code, "Max-Age=0" in left.headers["set-cookie"]) == (303, True)

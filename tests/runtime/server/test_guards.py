"""What stands in front of every route: host names, sizes, rates, headers, and answers to errors."""

from __future__ import annotations

import pytest
from penstock.runtime.server import Settings, create_app
from starlette.testclient import TestClient

HOST = "http://127.0.0.1"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::2]", "localhost.", "a" * 10_000])
def test_a_foreign_host_name_is_refused(reader, host):
    answer = reader.get("/api/v1/runs", headers={"Host": host})
    assert (answer.status_code, answer.json()["status"]) == (421, 421)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8075", "LOCALHOST", "[::1]:80"])
def test_this_machine_may_be_called_by_its_names(reader, host):
    assert reader.get("/api/v1/health", headers={"Host": host}).status_code == 200


def test_security_headers_are_on_every_answer(reader):
    for path in ("/api/v1/health", "/nowhere", "/api/v1/runs?limit=0"):
        headers = reader.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")


def test_too_many_requests_are_told_when_to_come_back(workspace):
    settings = Settings(local_readers=True, slots=0, rate=0.5, burst=2)
    with TestClient(create_app(workspace, settings=settings), base_url=HOST) as client:
        codes = [client.get("/api/v1/health").status_code for _ in range(2)]
        refused = client.get("/api/v1/health")
    assert codes == [200, 200]
    assert (refused.status_code, int(refused.headers["retry-after"])) == (429, 2)


def test_an_error_that_nobody_foresaw_shows_no_traceback(reader, monkeypatch, caplog):
    monkeypatch.setattr("penstock.runtime.history.History.runs", lambda *_, **__: 1 / 0)
    answer = reader.get("/api/v1/runs")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert answer.json()["detail"].rpartition(" ")[2] in caplog.text


def test_a_method_that_is_not_known_is_told_the_ones_that_are(reader):
    answer = reader.request("PROPFIND", "/api/v1/health")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


def test_what_a_read_only_server_shows_cannot_be_changed_nor_read_from_elsewhere(workspace):
    app = create_app(workspace, settings=Settings(local_readers=True, read_only=True, slots=0))
    with TestClient(app, base_url=HOST, client=("10.0.0.9", 1)) as stranger:
        answer = stranger.get("/api/v1/runs")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")

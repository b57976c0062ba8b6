"""The page of the workspace takes numbers, and says so of anything else."""

from __future__ import annotations

import pytest
from penstock import Workspace
from penstock.runtime.server import Settings, create_app
from starlette.testclient import TestClient


@pytest.fixture
def reader(tmp_path):
    app = create_app(Workspace(tmp_path), settings=Settings(local_readers=True, read_only=True, slots=0))
    with TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 50000)) as client:
        yield client


@pytest.mark.parametrize("text", ["-1", "two", "1e9", "\u0663", "99999999"])
def test_nonsense_is_refused(reader, text):
    assert reader.get("/workspace", params={"measure": "1", "keep_runs": text}).status_code == 422


def test_who_may_not_clean_is_told_the_command(reader):
    (reader.app.state.service.workspace.folder / "runs" / "gone").mkdir(parents=True)
    page = reader.get("/workspace", params={"measure": "1", "keep_runs": "3"})
    assert '<button class="danger"' not in page.text


def test_an_unknown_address_is_a_page_for_people_and_a_document_for_programs(reader):
    assert "text/html" in reader.get("/nowhere", headers={"Accept": "text/html"}).headers["content-type"]
    for path, accept in (("/nowhere", "*/*"), ("/api/v1/nowhere", "text/html")):
        answer = reader.get(path, headers={"Accept": accept})
        assert answer.headers["content-type"] == "application/problem+json"

"""A server in this process, asked without a network."""

from __future__ import annotations

import pytest
from penstock import Workspace
from penstock.runtime.server import Settings, create_app
from starlette.testclient import TestClient

HOST = "http://127.0.0.1"


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A workspace in which nothing has happened."""
    return Workspace(tmp_path / "project")


@pytest.fixture
def reader(workspace):
    """A client on this machine of a server that shows runs to everybody there."""
    app = create_app(workspace, settings=Settings(local_readers=True, read_only=True, slots=0))
    with TestClient(app, base_url=HOST, client=("127.0.0.1", 50000)) as client:
        yield client

"""Servers in this process, asked without a network, and one that really listens."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import jsonschema
import pytest
from penstock import Workspace
from penstock.runtime.bundles import pack
from penstock.runtime.endpoints import Registry, Tokens
from penstock.runtime.bundles import identified
from penstock.runtime.server import Settings, create_app
from penstock.runtime.server.openapi import openapi
from penstock.runtime.server.routes import ACTIONS
from starlette.testclient import TestClient

from starlette.routing import compile_path

HOST = "http://127.0.0.1"
HERE = Path(__file__).parent


class Conformance:
    """Checks answers against what the OpenAPI document says of them: status, media type, and every field."""

    def __init__(self) -> None:
        document = openapi(ACTIONS, {}, "any")
        self._components = {"components": closed(document["components"])}
        self._paths = [(compile_path(path)[0], operations) for path, operations in document["paths"].items()]

    def __call__(self, answer: httpx2.Response) -> None:
        """Check an answer; one that is streamed is read to its end by who asked for it."""
        request, kind = answer.request, answer.headers.get("content-type", "").partition(";")[0]
        described = self._described(request.url.path, request.method)
        if answer.status_code >= 400:
            assert kind == "application/problem+json"
        if described is None or request.method == "HEAD":
            return
        known = described.get(str(answer.status_code)) or described["default"]
        if answer.status_code != 204:
            self.check(answer, known["content"][kind]["schema"], described)

    def check(self, answer, schema, described) -> None:
        if "json" in answer.headers["content-type"]:
            answer.read()
            jsonschema.Draft202012Validator({**schema, **self._components}).validate(answer.json())

    def _described(self, path: str, method: str) -> dict | None:
        found = [operations for pattern, operations in self._paths if pattern.fullmatch(path)]
        return next((one[method.lower()]["responses"] for one in found if method.lower() in one), None)


def closed(schema):
    """Return a schema that lets no field through that it does not name."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: closed(one) for name, one in schema.items()}
    is_open = inner.get("type") == "object" and "properties" in inner
    return {"unevaluatedProperties": False, **inner} if is_open else inner


CONFORMANCE = Conformance()
WATCHED = {"response": [CONFORMANCE]}


@pytest.fixture
def conformance() -> Conformance:
    """What checks the answers of the whole suite."""
    return CONFORMANCE


@pytest.fixture
def workspace(tmp_path) -> Workspace:
    """A workspace in which nothing has happened."""
    return Workspace(tmp_path / "project")


@pytest.fixture
def reader(workspace):
    """A client on this machine of a server that shows runs to everybody there."""
    app = create_app(workspace, settings=Settings(local_readers=True, read_only=True, slots=0))
    with TestClient(app, base_url=HOST, client=("127.0.0.1", 50000)) as client:
        client.event_hooks = WATCHED
        yield client


@pytest.fixture(scope="session")
def packed(tmp_path_factory):
    """Bundles of the pipelines that are served, made once: fit, signal and described."""
    project = tmp_path_factory.mktemp("code")
    (project / "penstock.toml").touch()
    shutil.copy(HERE / "served_pipelines.py", project / "published_pipelines.py")
    sys.path.insert(0, str(project))
    try:
        module = importlib.import_module("published_pipelines")
        yield {
            name: pack(identified(getattr(module, name)))
            for name in ("fit", "signal", "typed", "placed", "there_and_here", "long")
        }
    finally:
        sys.path.remove(str(project))
        sys.modules.pop("published_pipelines", None)


@pytest.fixture
def published(workspace, packed):
    """The workspace, with the pipelines published into it."""
    registry = Registry(workspace.database)
    for name, bundle in packed.items():
        registry.publish(name, bundle.data, bundle.digest, bundle.content)
    return workspace


@pytest.fixture
def token(published):
    """Make tokens: of some scopes, and for one endpoint or all."""
    tokens = Tokens(published.database)
    return lambda *scopes, **how: tokens.create("test", scopes, **how)[0]


@pytest.fixture
def client(published, token):
    """A client with all scopes of a server that carries nothing out."""
    with TestClient(create_app(published, settings=Settings(slots=0)), base_url=HOST) as client:
        client.headers["Authorization"] = f"Bearer {token('admin')}"
        client.event_hooks = WATCHED
        yield client


class Server:
    """A server in a process of its own."""

    def __init__(self, root: Path, *options: str) -> None:
        program = [sys.executable, "-c", "from penstock.runtime.cli import main; main()", "serve", "--port", "0"]
        command = [*program, "--workspace", str(root), *options]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=root)
        self.said, self.clients = [], []
        while not self.said or " at http" not in self.said[-1]:
            self.said.append(self.process.stderr.readline())
            assert self.said[-1], "".join(self.said)
        self.url = self.said[-1].split()[-1]

    def client(self, token: str) -> httpx2.Client:
        client = httpx2.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=30,
            event_hooks=WATCHED,
        )
        self.clients.append(client)
        return client

    def stop(self, number: int = signal.SIGTERM) -> int:
        for client in self.clients:
            client.close()
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        code = self.process.wait(30)
        self.process.stderr.close()
        return code


@pytest.fixture
def serve(published):
    """Start servers of the workspace; they are gone when the test has ended."""
    servers = []

    def start(*options: str) -> Server:
        servers.append(Server(published.root, *options))
        return servers[-1]

    yield start
    for server in servers:
        server.stop(signal.SIGKILL)


@pytest.fixture
def ended():
    """Wait for the end of a run, and return what is told of it."""

    def wait(client, run: str, seconds: float = 30) -> dict:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = client.get(f"runs/{run}").json()
            if found["state"] not in ("pending", "running"):
                return found
            time.sleep(0.05)
        raise AssertionError(f"run {run} has not ended: {found}")

    return wait

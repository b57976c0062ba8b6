"""Give the tests of datastores real stores: folders, memory, a web server, Azure's emulator, S3's."""

from __future__ import annotations

import os
import threading
import uuid
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from penstock import Workspace

S3_KEY, S3_SECRET = "an-access-key", "a-secret-that-nobody-may-see"


def absent(what):
    """Skip a test for want of a tool, or fail it where all of them are to be there."""
    if os.environ.get("PENSTOCK_TESTS_REQUIRE_ALL") == "1":
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def s3_endpoint():
    """The address of an emulator of S3."""
    try:
        from moto.server import ThreadedMotoServer

        import s3fs  # noqa: F401
    except ImportError as error:
        absent(f"needs moto's server and s3fs: {error}")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace of the test's own."""
    monkeypatch.delenv("PENSTOCK_WORKSPACE", raising=False)
    (tmp_path / "project").mkdir()
    return Workspace.open(tmp_path / "project")


@pytest.fixture
def azure(azurite, workspace, monkeypatch):
    """A datastore in a container of its own."""
    import fsspec

    monkeypatch.setenv("TEST_AZURE", azurite)
    container = f"c{uuid.uuid4().hex}"
    fsspec.filesystem("abfs", connection_string=azurite, use_listings_cache=False).mkdir(container)
    return workspace.register_datastore(
        "azure", f"abfs://{container}/some/folder", connection_string={"env": "TEST_AZURE"}
    )


@pytest.fixture
def s3(s3_endpoint, workspace, monkeypatch):
    """A datastore in a bucket of its own."""
    import fsspec

    monkeypatch.setenv("TEST_KEY", S3_KEY)
    monkeypatch.setenv("TEST_SECRET", S3_SECRET)
    bucket = f"b{uuid.uuid4().hex}"
    fsspec.filesystem("s3", key=S3_KEY, secret=S3_SECRET, endpoint_url=s3_endpoint).mkdir(bucket)
    return workspace.register_datastore(
        "s3",
        f"s3://{bucket}/some/folder",
        endpoint_url=s3_endpoint,
        key={"env": "TEST_KEY"},
        secret={"env": "TEST_SECRET"},
    )


@pytest.fixture
def memory(workspace):
    """A datastore in memory."""
    return workspace.register_datastore("memory", f"memory://{uuid.uuid4().hex}/some")


@pytest.fixture
def folder(workspace, tmp_path):
    """A datastore in a folder."""
    return workspace.register_datastore("folder", tmp_path / "far")


@pytest.fixture(
    params=[
        "folder",
        "memory",
        "s3",
        pytest.param("azure", marks=pytest.mark.filterwarnings("ignore:Sending a large body")),
    ]
)
def store(request):
    """A datastore of each kind that can be written to."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def files(tmp_path):
    """A folder with a file, an empty one, and one deeper whose name is any text."""
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("first")
    (folder / "empty").touch()
    (folder / "deep" / "ä b#1%.txt").write_text("third")
    return folder


class Handler(BaseHTTPRequestHandler):
    """Serves what the server's ``files`` hold, and misbehaves as it is told."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        self.server.requests.append((self.command, self.path, dict(self.headers)))
        if self.server.statuses:
            return self.refuse(self.server.statuses.pop(0))
        data = self.server.files.get(self.path)
        if data is None or (self.command == "HEAD" and not self.server.heads):
            return self.refuse(404 if data is None else 405)
        start = self.start(data)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(data) - start))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.send(data[start:])

    def start(self, data):
        asked = self.headers.get("Range")
        current = self.server.headers.get("ETag")
        if not asked or not self.server.ranges or self.headers.get("If-Range", current) != current:
            return 0
        return int(asked.removeprefix("bytes=").rstrip("-"))

    def send(self, data):
        if self.server.drops:
            data = data[: self.server.drops.pop(0)]
            self.close_connection = True
        self.wfile.write(data)

    def refuse(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def web():
    """A web server: ``files`` by path, ``headers`` for all, ``drops``: after how many bytes connections break."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads, server.handle_error = True, lambda *_: None
    server.files, server.headers, server.requests = {}, {"ETag": '"v1"'}, []
    server.drops, server.statuses, server.ranges, server.heads = [], [], True, True
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    """Do not wait between attempts."""
    monkeypatch.setattr("penstock.runtime.datastores.faults.FIRST_WAIT", 0.001)

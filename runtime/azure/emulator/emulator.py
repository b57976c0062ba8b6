"""Serve a workspace of Azure Machine Learning on this machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, final
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import define, field

from ..addresses import Address
from . import assets, computeplane, endpointplane, jobplane
from .faults import Fault
from .jobruns import Runs
from .messages import Reply, Request
from .plane import Plane
from .specification import find_specification
from .state import State
from .storage import Storage

_ROUTES = (*assets.ROUTES, *computeplane.ROUTES, *jobplane.ROUTES, *endpointplane.ROUTES)


@final
@define(eq=False)
class Emulator:
    """A workspace of Azure Machine Learning that is not one: to try pipelines, compute and endpoints without Azure.

    Used in a ``with`` statement, or between :meth:`start` and :meth:`stop`. It listens on this machine only, and
    forgets everything at its end. ``storage`` is the connection string of an emulator of Azure's blob storage, such as
    Azurite; without one there are no datastores and no jobs. ``specification`` is a file with Microsoft's specification, by
    default the one that ``PENSTOCK_AZURE_SPECIFICATION`` names: each request is checked against it. Something that takes
    a while in Azure is done here after ``looks`` looks at it; lists come in pages of ``page``.

    A job really runs: the command of each step in a process of its own, with the code, inputs and outputs in storage.
    It runs with the Python of this process, whatever environment it names.
    """

    storage: str | None = field(default=None, repr=False)
    specification: str | os.PathLike[str] | None = None
    looks: int = 1
    page: int = 100
    address: Address = field(factory=lambda: Address("00000000-0000-0000-0000-000000000001", "offline", "offline"))
    _server: Any = field(default=None, init=False, repr=False)
    _plane: Plane | None = field(default=None, init=False, repr=False)
    _folder: Path | None = field(default=None, init=False, repr=False)

    @property
    def url(self) -> str:
        """Where it answers: the ``url`` of ``AzureML``, or what ``PENSTOCK_AZURE_URL`` is to be."""
        return self.plane.base

    @property
    def plane(self) -> Plane:
        """What it holds and what it was asked. Raises RuntimeError when it does not run."""
        if self._plane is None:
            raise RuntimeError("the emulator does not run; use it in a with statement, or call start()")
        return self._plane

    @property
    def config(self) -> Mapping[str, str]:
        """What a ``config.json`` for it holds."""
        parts = ("subscription_id", "resource_group", "workspace_name")
        return {name: getattr(self.address, name) for name in parts}

    def start(self) -> Emulator:
        """Begin to listen, and return itself."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        server.daemon_threads = True
        folder = self._folder = Path(tempfile.mkdtemp(prefix="penstock-azure-"))
        state = State(self.address, self.looks)
        storage = Storage(self.storage) if self.storage else None
        runs = Runs(state, storage, folder) if storage else None
        if storage is not None:
            state.put(f"datastores/{storage.datastore}", storage.document())
            _ = storage.client
        base = f"http://127.0.0.1:{server.server_port}"
        plane = Plane(state, base, storage, runs, find_specification(self.specification), _ROUTES, self.page)
        server.plane = plane  # type: ignore[attr-defined]  # how a server of the standard library hands things on
        self._server, self._plane = server, plane
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True, name="penstock-azure").start()
        return self

    def stop(self) -> None:
        """Stop every job and what it started, and forget everything."""
        if self._server is None:
            return
        if self.plane.runs is not None:
            self.plane.runs.close()
        self._server.shutdown()
        self._server.server_close()
        shutil.rmtree(self._folder or "", ignore_errors=True)
        self._server = self._plane = None

    def inject(self, *faults: Fault) -> None:
        """Let requests go wrong, counted from now on; without faults none goes wrong any more."""
        self.plane.faults.plan(*faults)

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Handler(BaseHTTPRequestHandler):
    """Takes requests to the plane, and its answers back."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or an answer waits 40 ms for the acknowledgement of its own head
    timeout: ClassVar[float] = 60

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        plane: Plane = self.server.plane  # type: ignore[attr-defined]
        length = int(self.headers.get("Content-Length") or 0)
        sent = self.rfile.read(length) if length else b""
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        try:
            body = json.loads(sent) if sent else None
        except ValueError:
            self._send(Reply(400, {"error": {"code": "BadRequest", "message": "the body is no JSON"}}))
            return
        request = Request(self.command, unquote(parts.path), dict(parse_qsl(parts.query)), headers, body)
        try:
            reply = plane.answer(request)
        except Exception as error:  # a fault of the stand-in is told to whoever asked
            reply = Reply(500, {"error": {"code": "StandIn", "message": f"{type(error).__name__}: {error}"}})
        if reply is None:
            self.close_connection = True
            return
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        raw = (
            reply.body
            if isinstance(reply.body, bytes)
            else b""
            if reply.body is None
            else json.dumps(reply.body).encode()
        )
        self.send_response(reply.status)
        self.send_header(
            "Content-Type", "application/octet-stream" if isinstance(reply.body, bytes) else "application/json"
        )
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("x-ms-correlation-request-id", "offline")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

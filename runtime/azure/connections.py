"""Reach a workspace: requests to what is in it, and what is known of the workspace itself."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any, final
from urllib.parse import quote

from attrs import field, frozen

from .addresses import Address
from .answers import Answer
from .client import API_VERSION, Call, Client
from .errors import NotFoundRemotely, RemoteUnavailable
from .hosts import is_loopback, trusted

_NO_VERSION: Mapping[str, str] = {}


@final
@frozen(slots=False)
class Connection:
    """A workspace and the client that speaks to it. What is looked up about the workspace is looked up once."""

    address: Address
    client: Client = field(repr=False)

    def path(self, *names: str) -> str:
        """Return the path of something in the workspace: ``path("jobs", "a")``."""
        return "/".join([self.address.id, *(quote(name, safe="") for name in names)])

    def id(self, *names: str) -> str:
        """Return Azure's id of something in the workspace, which need not exist: ``id("computes", "gpu-cluster")``."""
        return "/".join([self.address.id, *names])

    def call(
        self,
        action: str,
        method: str,
        *names: str,
        body: object = None,
        query: Mapping[str, str] = _NO_VERSION,
        tokens: Mapping[str, str] = _NO_VERSION,
        repeatable: bool | None = None,
    ) -> Answer:
        """Send a request about something in the workspace; ``action`` says in words what for.

        Raises an error of the tree under RemoteError.
        """
        versioned = {"api-version": API_VERSION, **query}
        path = self.path(*names)
        return self.client.send(
            Call(action, method, path, body=body, query=versioned, tokens=tokens, repeatable=repeatable)
        )

    def get(self, action: str, *names: str, query: Mapping[str, str] = _NO_VERSION) -> dict[str, Any]:
        """Return the document of something in the workspace. Raises NotFoundRemotely where there is none."""
        return self.call(action, "GET", *names, query=query).document(action)

    def find(self, action: str, *names: str) -> dict[str, Any] | None:
        """Return the document of something in the workspace; None where there is none."""
        try:
            return self.get(action, *names)
        except NotFoundRemotely:
            return None

    def put(self, action: str, *names: str, body: object, tokens: Mapping[str, str] = _NO_VERSION) -> dict[str, Any]:
        """Make or replace something in the workspace, and return its document as Azure tells it."""
        return self.call(action, "PUT", *names, body=body, tokens=tokens).document(action)

    def pages(self, action: str, *names: str, query: Mapping[str, str] = _NO_VERSION) -> Iterator[dict[str, Any]]:
        """Give every document of a list in the workspace."""
        versioned = {"api-version": API_VERSION, **query}
        return self.client.pages(Call(action, "GET", self.path(*names), query=versioned))

    @functools.cached_property
    def workspace(self) -> Mapping[str, Any]:
        """What Azure says about the workspace."""
        return self.get(f"find the workspace {self.address}")

    @property
    def location(self) -> str:
        """The region of the workspace, as in ``eastus2``."""
        return str(self.workspace.get("location") or "")

    @functools.cached_property
    def services(self) -> str:
        """The base URL of the workspace's regional services, where the history of runs is."""
        action = f"find the services of the workspace {self.address}"
        discovery = (self.workspace.get("properties") or {}).get("discoveryUrl")
        if not isinstance(discovery, str) or not discovery:
            raise RemoteUnavailable(action, "Azure does not say where they are (discoveryUrl)")
        found = self.client.send(Call(action, "GET", discovery)).document(action).get("api")
        if not isinstance(found, str) or not found:
            raise RemoteUnavailable(action, f"{discovery} names no address for them")
        return trusted(found.rstrip("/"), self.client.base, action)

    @property
    def is_offline(self) -> bool:
        """Whether a stand-in on this machine answers."""
        return is_loopback(self.client.base)

    def __getstate__(self) -> None:
        raise TypeError("a connection to Azure stays in its process; open it anew where it is needed")

"""Publish a bundle to a server, and call what is published there, over REST."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, Final, final
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from .bundles import Packed
from .errors import EndpointError

TOKEN: Final = "PENSTOCK_TOKEN"  # noqa: S105  # the name of a variable
"""The environment variable that holds the token for servers."""

_TIMEOUT = 60.0
"""Seconds to wait for an answer."""

_LOOK = 0.5
"""Seconds between two looks at a run."""


@final
@frozen
class ServerEndpoint:
    """An endpoint on a server. ``url`` is the server's."""

    name: str
    url: str
    token: str | None = field(default=None, repr=False)

    def run(self, *, _version: str | None = None, **parameters: Any) -> Mapping[str, Any]:
        """Run the default version, or ``_version``, on the server, wait for it, and return what the server tells of the run.

        Parameters are JSON values. Raises EndpointError for what the server refuses.
        """
        version = f"/versions/{quote(_version)}" if _version else ""
        made = self._ask("POST", f"/endpoints/{quote(self.name)}{version}/runs", json={"parameters": parameters})
        while True:
            found = self._ask("GET", f"/runs/{quote(str(made['id']))}")
            if found.get("ended") is not None or found.get("state") in ("completed", "failed", "cancelled"):
                return found
            time.sleep(_LOOK)

    def _ask(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        return ask(method, self.url, path, self.token, **body)


def upload(
    packed: Packed, url: str, *, name: str, version: str | None, description: str, token: str | None = None
) -> ServerEndpoint:
    """Publish a bundle to the server at a URL. Raises EndpointError for what it refuses, and where it cannot be reached."""
    if urlsplit(url).scheme not in ("http", "https"):
        raise EndpointError(f"to={url!r} is no server: expected a URL such as http://localhost:8075, or a workspace")
    token = token or os.environ.get(TOKEN)
    given = {"version": version, "description": description}
    query = {key: value for key, value in given.items() if value}
    headers = {"Content-Type": "application/zip"}
    ask("POST", url, f"/endpoints/{quote(name)}/versions", token, data=packed.data, params=query, headers=headers)
    return ServerEndpoint(name, url, token)


def ask(method: str, url: str, path: str, token: str | None, **request: Any) -> dict[str, Any]:
    """Send a request to a server and return its answer. Raises EndpointError with what the server said."""
    import requests

    headers = {**request.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    where = f"{url.rstrip('/')}/api/v1{path}"
    try:
        answer = requests.request(method, where, headers=headers, timeout=_TIMEOUT, **request)
    except requests.RequestException as error:
        raise EndpointError(f"the server {url} cannot be reached: {error}") from error
    try:
        document = answer.json() if answer.content else {}
    except ValueError:
        document = {}
    if not answer.ok:
        raise EndpointError(
            f"{method} {where} was refused with {answer.status_code}: {_told(document, answer.reason)}{_hint(answer.status_code)}"
        )
    return dict(document)


def _told(document: Any, otherwise: str) -> str:
    if not isinstance(document, dict):
        return otherwise
    fields = document.get("errors")
    told = "; ".join(f"{one['field']}: {one['problem']}" for one in fields) if isinstance(fields, list) else ""
    return ": ".join(filter(None, [str(document.get("detail") or document.get("title") or otherwise), told]))


def _hint(status: int) -> str:
    return f". Pass token=, or set {TOKEN}, to a token with the scope that this needs" if status in (401, 403) else ""

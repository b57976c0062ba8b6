"""Name what can go wrong between a client and a server.

::

    EndpointError
      ServerUnreachable (ConnectionError)      nobody answers there, or what answers is no server of Penstock's
      ServerRefused                            the server said no: ``status``, ``detail``, and ``errors`` by field
        ParametersRefused (MissingInput)       parameters do not fit
        EndpointNotOnServer (EndpointNotFound) no endpoint or version of that name
        RunNotOnServer (RunNotFound)           no run of that id
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import EndpointError, EndpointNotFound, MissingInput, RunNotFound
from ..fitting import unfit_words


class ServerUnreachable(EndpointError, ConnectionError):
    """A server did not answer, or what answered is none of Penstock's. Trying again may help."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(url)
        self.args = (url, problem)
        self.url = url
        self.problem = problem

    def __str__(self) -> str:
        return f"the server {self.url} cannot be reached: {self.problem}"


class ServerRefused(EndpointError):
    """A server refused a request. ``status`` is HTTP's; ``detail`` and ``errors``, by field, are what the server said (RFC 9457)."""

    def __init__(self, request: str, status: int, detail: str, errors: Mapping[str, str]) -> None:
        super().__init__(request)
        self.args = (request, status, detail, errors)
        self.request = request
        self.status = status
        self.detail = detail
        self.errors = errors

    def __str__(self) -> str:
        told = "; ".join(f"{field}: {problem}" for field, problem in self.errors.items())
        words = ": ".join(filter(None, [self.detail, told]))
        return f"{self.request} was refused with {self.status}: {words}{_HINTS.get(self.status, '')}"


class ParametersRefused(ServerRefused, MissingInput):
    """The values for an endpoint's parameters do not fit. It reads as the same mistake does in a workspace."""

    def __init__(self, endpoint: str, request: str, status: int, detail: str, errors: Mapping[str, str]) -> None:
        super().__init__(request, status, detail, errors)
        self.args = (endpoint, request, status, detail, errors)
        self.endpoint = endpoint

    def __str__(self) -> str:
        return unfit_words(self.endpoint, self.errors)


class EndpointNotOnServer(ServerRefused, EndpointNotFound):
    """A server has no endpoint, version or schedule of that name, or none that the token may see."""

    def __init__(self, name: str, request: str, status: int, detail: str, errors: Mapping[str, str]) -> None:
        super().__init__(request, status, detail, errors)
        self.args = (name, request, status, detail, errors)
        self.name = name


class RunNotOnServer(ServerRefused, RunNotFound):
    """A server has no run of that id, or none that the token may see."""

    def __init__(self, reference: str, request: str, status: int, detail: str, errors: Mapping[str, str]) -> None:
        super().__init__(request, status, detail, errors)
        self.args = (reference, request, status, detail, errors)
        self.reference = reference
        self.problem = detail


_HINT = ". Pass token=, or set PENSTOCK_TOKEN, to a token with the scope that this needs"
_HINTS: Mapping[int, str] = {401: _HINT, 403: _HINT}

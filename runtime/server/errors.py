"""Name what can be wrong with what a server was asked for.

::

    PenstockError
      ServerError
        Problem                      a request cannot be answered: status, what is wrong, and with which fields
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from ...compilers.errors import PenstockError


class ServerError(PenstockError):
    """The server cannot be set up or cannot do what it was asked for."""


class Problem(ServerError):
    """A request cannot be answered. ``status`` is HTTP's; ``fields`` says what is wrong with which part of the request."""

    def __init__(
        self,
        status: int,
        detail: str,
        fields: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, detail, fields, headers)
        self.status = status
        self.detail = detail
        self.fields = fields or {}
        self.headers = headers or {}

    @property
    def title(self) -> str:
        """The status in words."""
        return HTTPStatus(self.status).phrase

    def __str__(self) -> str:
        told = "; ".join(f"{name}: {problem}" for name, problem in self.fields.items())
        return f"{self.detail} ({told})" if told else self.detail

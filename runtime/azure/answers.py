"""Hold what Azure answered."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from .errors import RemoteUnavailable

_CORRELATION = ("x-ms-correlation-request-id", "x-ms-request-id", "x-request-id")


@frozen
class Answer:
    """A status, headers by their names in lower case, and the body: JSON as Python's, else text, None where it is empty."""

    status: int
    body: Any = field(default=None, repr=False)  # keys are among what Azure answers
    headers: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def is_success(self) -> bool:
        """Whether what was asked for was done, or has begun."""
        return 200 <= self.status < 300

    @property
    def correlation(self) -> str:
        """The id by which Microsoft's support finds the request; empty where there is none."""
        return next((self.headers[name] for name in _CORRELATION if self.headers.get(name)), "")

    def document(self, action: str) -> dict[str, Any]:
        """Return the body as the JSON object that it must be. Raises RemoteUnavailable for anything else."""
        if isinstance(self.body, dict):
            return self.body
        found = "nothing" if self.body is None else f"a {type(self.body).__name__}"
        problem = f"Azure answered with {found} where a JSON object was expected; is there a proxy in between?"
        raise RemoteUnavailable(action, problem, status=self.status, correlation=self.correlation)

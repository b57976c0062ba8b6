"""Hold what comes in and what goes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen
class Request:
    """A request: its path as it was sent, decoded; headers by their names in lower case; the body read as JSON."""

    method: str
    path: str
    query: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    body: Any = None


@frozen
class Reply:
    """An answer: a document, or bytes as they are."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(factory=dict)


class Refused(Exception):
    """What is asked for is not done, and the answer says why in Azure's form."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message

    def reply(self) -> Reply:
        """Return the answer."""
        return Reply(self.status, {"error": {"code": self.code, "message": self.message, "details": []}})

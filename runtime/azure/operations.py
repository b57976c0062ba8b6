"""Wait for what goes on in Azure after it was accepted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from .answers import Answer
from .client import Call
from .connections import Connection
from .errors import NotFoundRemotely, RemoteTimeout
from .refusals import fault

T = TypeVar("T")

FIRST_WAIT = 1.0
LONGEST_WAIT = 15.0
"""Seconds between two looks: the first wait, and where it stops growing."""

PATIENCE = 1800.0
"""Seconds that an operation may take where nobody says otherwise."""

_GOOD, _BAD = "succeeded", ("failed", "canceled", "cancelled")

Tell = Callable[[str], object]
"""Hears the state of what is waited for, at each look."""


def silent(_state: str) -> None:
    """Say nothing."""


def awaited(look: Callable[[], T | None], action: str, timeout: float | None) -> T:
    """Look at once and then after longer and longer waits, until there is something, and return that.

    Raises RemoteTimeout when ``timeout`` seconds are over; None waits for as long as it takes.
    """
    began, wait = time.monotonic(), FIRST_WAIT
    while (found := look()) is None:
        left = float("inf") if timeout is None else timeout - (time.monotonic() - began)
        if left <= 0:
            raise RemoteTimeout(action, f"it was not done within {timeout:g} s; it goes on in Azure all the same")
        time.sleep(min(wait, left))
        wait = min(LONGEST_WAIT, wait * 1.5)
    return found


def complete(
    connection: Connection, action: str, answer: Answer, *names: str, timeout: float = PATIENCE, tell: Tell = silent
) -> dict[str, Any]:
    """Wait until an accepted operation has succeeded, and return the document of ``names``; empty where it was deleted.

    It is followed at the URL that Azure gave (``Azure-AsyncOperation`` or ``Location``), else by the document's own
    ``provisioningState``. Raises the error that the operation ended with, and RemoteTimeout.
    """
    follow = answer.headers.get("azure-asyncoperation")
    location = answer.headers.get("location")
    if follow:
        _follow(connection, action, follow, timeout, tell)
    elif location and answer.status == 202:
        _follow_location(connection, action, location, timeout)
    return settled(connection, action, *names, timeout=timeout, tell=tell)


def settled(
    connection: Connection, action: str, *names: str, timeout: float = PATIENCE, tell: Tell = silent
) -> dict[str, Any]:
    """Wait until something's ``provisioningState`` is final, and return its document; empty where it is gone.

    Raises the error it ended with, and RemoteTimeout.
    """

    def look() -> dict[str, Any] | None:
        document = connection.find(action, *names)
        if document is None:
            return {}
        properties = document.get("properties") or {}
        state = str(properties.get("provisioningState") or _GOOD)
        tell(state)
        if state.casefold() in _BAD:
            raise fault(action, _first_error(properties, state))
        return document if state.casefold() == _GOOD else None

    return awaited(look, action, timeout)


def _follow(connection: Connection, action: str, url: str, timeout: float, tell: Tell) -> None:
    def look() -> str | None:
        answer = connection.client.send(Call(action, "GET", url))
        document = answer.document(action)
        state = str(document.get("status") or "")
        tell(state)
        if state.casefold() in _BAD:
            raise fault(action, document if document.get("error") else _ended(state), correlation=answer.correlation)
        return state if state.casefold() == _GOOD else None

    awaited(look, action, timeout)


def _follow_location(connection: Connection, action: str, url: str, timeout: float) -> None:
    def look() -> bool | None:
        try:
            return connection.client.send(Call(action, "GET", url)).status != 202 or None
        except NotFoundRemotely:  # of what is deleted nothing is left to follow
            return True

    awaited(look, action, timeout)


def _first_error(properties: Mapping[str, Any], state: str) -> Mapping[str, Any]:
    errors = properties.get("provisioningErrors")
    return errors[0] if isinstance(errors, list) and errors and isinstance(errors[0], dict) else _ended(state)


def _ended(state: str) -> Mapping[str, Any]:
    return {"error": {"code": state, "message": f"Azure says that it {state.lower()}, and no more"}}

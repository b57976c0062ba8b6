"""Go wrong on purpose, at a request that is chosen."""

from __future__ import annotations

import threading
from typing import Literal, TypeAlias, final

from attrs import Factory, define, field, frozen

from .messages import Reply

Kind: TypeAlias = Literal["429", "500", "503", "drop", "drop-after"]
"""``drop`` breaks the connection before anything is done, ``drop-after`` when all is done and before it is said."""


@frozen
class Fault:
    """What goes wrong at the ``at``-th request from now on, counted from 1, and at the ``times - 1`` ones after it."""

    kind: Kind
    at: int = 1
    times: int = 1


@final
@define(eq=False)
class Faults:
    """Counts requests and says what goes wrong at each."""

    _planned: list[Fault] = field(factory=list, init=False)
    _count: int = field(default=0, init=False)
    _lock: threading.Lock = field(default=Factory(threading.Lock), init=False, repr=False)

    def plan(self, *faults: Fault) -> None:
        """Forget what was planned, and count from 1 again."""
        with self._lock:
            self._planned, self._count = list(faults), 0

    def next(self) -> Kind | None:
        """Count a request; return what goes wrong at it."""
        with self._lock:
            self._count += 1
            hits = [one.kind for one in self._planned if one.at <= self._count < one.at + one.times]
        return hits[0] if hits else None


def failed(kind: Kind) -> Reply:
    """Return the answer for a fault that is answered."""
    headers = {"Retry-After": "0"} if kind == "429" else {}
    code = {"429": "TooManyRequests", "500": "InternalServerError", "503": "ServiceUnavailable"}[kind]
    return Reply(int(kind), {"error": {"code": code, "message": "as it was planned"}}, headers)

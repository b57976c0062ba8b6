"""Find out who calls, and whether that one may."""

from __future__ import annotations

from starlette.requests import Request

from .callers import LOCAL_READER, Caller, Scope
from .errors import Problem
from .service import Service

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_NOBODY = Caller("nobody", frozenset())


async def caller_of(request: Request, service: Service, scope: Scope | None) -> Caller:
    """Return who calls. Raises Problem: 401 where that is not known, 403 where the scope is missing."""
    if scope is None:
        return _NOBODY
    client = request.client.host if request.client else ""
    if service.settings.local_readers and client in _LOOPBACK and LOCAL_READER.may(scope):
        return LOCAL_READER
    raise Problem(401, "a token is needed: Authorization: Bearer TOKEN", headers={"WWW-Authenticate": "Bearer"})

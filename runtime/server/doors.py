"""Find out who calls, and whether that one may: tokens, JSON web tokens of Entra ID, and sessions of browsers."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time
from pathlib import Path
from typing import Final, Protocol, final

import jwt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from ..endpoints import TokenRecord, Tokens
from ..endpoints.tokens import PREFIX, hashed
from ..workspace import Workspace
from .callers import LOCAL_READER, Caller, Scope
from .entra import EntraTokens, check_settings
from .errors import Problem
from .rates import Rates
from .settings import Clock, Settings

COOKIE: Final = "penstock_session"

_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_NOBODY = Caller("nobody", frozenset())
_CHALLENGE = {"WWW-Authenticate": "Bearer"}

_FRESH = 1.0
"""Seconds for which a token that was valid is taken to be so; one that is revoked here is refused at once."""

_FAILURES = 20
"""Wrong tokens from one address before it has to wait; one more is let through every three seconds."""


@final
class Doors:
    """Knows the callers of a server."""

    def __init__(self, workspace: Workspace, settings: Settings, clock: Clock) -> None:
        self.tokens = Tokens(workspace.database, clock)
        self._settings = settings
        self._clock = clock
        self._failures = Rates(1 / 3, _FAILURES)
        self._key_file = workspace.folder / "server.key"
        self._prepare = workspace.prepare
        self._key = b""
        self._known: dict[str, tuple[float, TokenRecord]] = {}
        self._entra = None if settings.entra is None else EntraTokens(settings.entra)
        if settings.entra is not None:
            check_settings(settings.entra)

    async def caller(self, request: Request, scope: Scope | None) -> Caller:
        """Return who calls. Raises Problem: 401 where that is not known, 403 where the scope is missing, 429 after many tries."""
        if scope is None:
            return _NOBODY
        address = _address(request)
        caller = await self._identified(request, address)
        if caller is None and self._settings.local_readers and address in _LOOPBACK:
            caller = LOCAL_READER
        if caller is None:
            raise Problem(401, "a token is needed: Authorization: Bearer TOKEN", headers=_CHALLENGE)
        if not caller.may(scope):
            raise Problem(403, f"this needs a token with the scope {scope}")
        return caller

    def forget(self) -> None:
        """Look for all tokens anew: one was revoked."""
        self._known.clear()

    def open_session(self, token: str, request: Request) -> tuple[str, Caller]:
        """Return the cookie for whoever shows a valid token. Raises Problem: 401, and 429 after many tries."""
        address = _address(request)
        self._check_failures(address)
        record = self.tokens.check(token) if token.startswith(PREFIX) else None
        if record is None:
            self._failures.take(address)
            raise Problem(401, "the token is not valid", headers=_CHALLENGE)
        now = self._clock()
        ends = min(now + self._settings.session_seconds, record.expires or float("inf"))
        cookie = jwt.encode({"tid": record.id, "exp": ends}, self._secret(), algorithm="HS256")
        return cookie, _caller(record, csrf=self._csrf(cookie))

    async def _identified(self, request: Request, address: str) -> Caller | None:
        given = request.headers.get("authorization")
        if given is not None:
            return await self._bearer(given, address)
        cookie = request.cookies.get(COOKIE)
        if cookie is None:
            return None
        caller = await run_in_threadpool(self._session, cookie)
        if caller is not None and request.method not in ("GET", "HEAD"):
            self._check_csrf(request, caller)
        return caller

    async def _bearer(self, given: str, address: str) -> Caller:
        kind, _, token = given.partition(" ")
        known = self._known.get(hashed(token))
        is_fresh = known is not None and time.monotonic() - known[0] < _FRESH
        if kind.lower() == "bearer" and known is not None and is_fresh and known[1].is_valid(self._clock()):
            return _caller(known[1])
        if known is None:  # whoever was let in before does not pay for the guesses of a neighbour, as behind a proxy
            self._check_failures(address)
        try:
            return await run_in_threadpool(self._checked, kind, token.strip())
        except Problem as problem:
            if problem.status == 401:
                self._failures.take(address)
            raise

    def _check_failures(self, address: str) -> None:
        if self._failures.is_empty(address):
            raise Problem(429, "too many wrong tokens from this address", headers={"Retry-After": "3"})

    def _checked(self, kind: str, token: str) -> Caller:
        if kind.lower() != "bearer":
            raise Problem(401, "expected Authorization: Bearer TOKEN", headers=_CHALLENGE)
        if token.startswith(PREFIX):
            record = self.tokens.check(token)
            if record is not None:
                if len(self._known) > 10_000:
                    self._known.clear()
                self._known[hashed(token)] = time.monotonic(), record
                return _caller(record)
        elif self._entra is not None and token.count(".") == 2:
            return self._entra.caller(token)
        raise Problem(401, "the token is not valid: it is wrong, has expired or was revoked", headers=_CHALLENGE)

    def _session(self, cookie: str) -> Caller | None:
        try:
            options = {"require": ["exp", "tid"], "verify_exp": False}
            claims = jwt.decode(cookie, self._secret(), algorithms=["HS256"], options=options)  # type: ignore[arg-type]
        except jwt.PyJWTError:
            return None
        now = self._clock()
        if not isinstance(claims["exp"], int | float) or now >= claims["exp"]:
            return None
        record = next((token for token in self.tokens.list() if token.id == claims["tid"]), None)
        return _caller(record, csrf=self._csrf(cookie)) if record is not None and record.is_valid(now) else None

    def _check_csrf(self, request: Request, caller: Caller) -> None:
        """Refuse a change that a foreign page had a browser send: it cannot know what belongs to the cookie."""
        shown = request.headers.get("x-csrf-token", "").encode()
        if not hmac.compare_digest(shown, (caller.csrf or "").encode()):
            raise Problem(403, "a change by a browser needs the header X-CSRF-Token, as GET /api/v1/session gives it")

    def _csrf(self, cookie: str) -> str:
        return hmac.new(self._secret(), b"csrf:" + cookie.encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        """Return the key of cookies, which is made once and kept beside the history, for its owner only."""
        if not self._key:
            self._prepare()
            self._key = _kept_key(self._key_file)
        return self._key


class HasDoors(Protocol):
    """What a server's routes share."""

    @property
    def doors(self) -> Doors: ...


async def caller_of(request: Request, service: HasDoors, scope: Scope | None) -> Caller:
    """Return who calls, as :meth:`Doors.caller` does; for routes and pages."""
    return await service.doors.caller(request, scope)


def check_origin(request: Request) -> None:
    """Refuse what a page of another site has a browser send where no cookie is asked for, as a form that logs in.

    A stranger could otherwise have somebody work in a session of the stranger's. Browsers say where it comes from; other
    callers need not. Raises Problem 403.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    is_foreign = site not in ("same-origin", "none") if site is not None else not _is_of(origin, request)
    if is_foreign:
        raise Problem(403, "a page of another site has sent this; open the page of this server, and send it from there")


def _is_of(origin: str | None, request: Request) -> bool:
    return origin is None or origin.partition("://")[2].lower() == request.headers.get("host", "").lower()


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _kept_key(file: Path) -> bytes:
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        key = file.read_bytes()
        if len(key) == 32:
            return key
        return secrets.token_bytes(
            32
        )  # somebody has broken it, or is writing it now: sessions of this server end with it
    key = secrets.token_bytes(32)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(key)
    return key


def _caller(record: TokenRecord, csrf: str | None = None) -> Caller:
    scopes = frozenset(Scope(scope) for scope in record.scopes)
    return Caller(f"token:{record.name}:{record.id}", scopes, record.endpoint, csrf)

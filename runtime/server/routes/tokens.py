"""Tokens, and the sessions of browsers that were opened with one."""

from __future__ import annotations

from typing import Annotated, TypedDict

import msgspec
from starlette.responses import Response

from ...documents import moment
from ...endpoints import TokenRecord
from ..actions import Action, Call
from ..answers import Answer
from ..bodies import NO_NUL
from ..callers import Caller, Scope
from ..doors import COOKIE

_DAY = 86_400.0


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be made. ``endpoint`` confines it to one; ``days`` is how long it is valid, without it until it is revoked."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=NO_NUL)]
    scopes: Annotated[list[Scope], msgspec.Meta(min_length=1)]
    endpoint: str | None = None
    days: Annotated[float, msgspec.Meta(gt=0, le=36_500)] | None = None


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The token that opens a session."""

    token: Annotated[str, msgspec.Meta(max_length=200)]


class TokenDocument(TypedDict):
    """A token, but not what it is. ``endpoint`` confines it to one; ``used`` is when it was last shown."""

    id: str
    name: str
    scopes: list[str]
    endpoint: str | None
    created: str | None
    expires: str | None
    revoked: str | None
    used: str | None


class MadeToken(TokenDocument):
    """A token that was made, with what it is, which is told this once."""

    token: str


class TokenList(TypedDict):
    """Tokens."""

    tokens: list[TokenDocument]


class SessionDocument(TypedDict):
    """Who is known here; ``csrf`` is what a browser's changes must show."""

    name: str
    scopes: list[Scope]
    endpoint: str | None
    csrf: str | None


def token_document(record: TokenRecord) -> TokenDocument:
    """Return what is told of a token, which is never the token."""
    return {
        "id": record.id,
        "name": record.name,
        "scopes": list(record.scopes),
        "endpoint": record.endpoint,
        "created": moment(record.created),
        "expires": moment(record.expires),
        "revoked": moment(record.revoked),
        "used": moment(record.used),
    }


def _list(call: Call) -> TokenList:
    return {"tokens": [token_document(one) for one in call.service.doors.tokens.list()]}


def _create(call: Call) -> MadeToken:
    asked: NewToken = call.body
    expires = None if asked.days is None else call.service.clock() + asked.days * _DAY
    scopes = [scope.value for scope in asked.scopes]
    token, record = call.service.doors.tokens.create(asked.name, scopes, endpoint=asked.endpoint, expires=expires)
    return {**token_document(record), "token": token}


def _revoke(call: Call) -> None:
    call.service.doors.tokens.revoke(call.path("token"))
    call.service.doors.forget()


def _login(call: Call) -> Response:
    cookie, caller = call.service.doors.open_session(call.body.token, call.request)
    answer = Answer(_session_document(caller), 201)
    is_secure = call.request.url.scheme == "https"
    seconds = int(call.service.settings.session_seconds)
    answer.set_cookie(COOKIE, cookie, max_age=seconds, httponly=True, samesite="strict", secure=is_secure)
    return answer


def _session(call: Call) -> SessionDocument:
    return _session_document(call.caller)


def _session_document(caller: Caller) -> SessionDocument:
    return {"name": caller.name, "scopes": sorted(caller.scopes), "endpoint": caller.endpoint, "csrf": caller.csrf}


def _logout(_call: Call) -> Response:
    answer = Response(status_code=204)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


ACTIONS = (
    Action("GET", "/api/v1/tokens", _list, Scope.ADMIN, "List tokens, but not what they are.", tag="tokens"),
    Action("POST", "/api/v1/tokens", _create, Scope.ADMIN, "Make a token, which is shown this once.", body=NewToken, status=201,
           tag="tokens"),
    Action("DELETE", "/api/v1/tokens/{token}", _revoke, Scope.ADMIN, "Revoke a token.", status=204, tag="tokens"),
    Action("POST", "/api/v1/session", _login, None, "Open a browser's session with a token.", body=Login, status=201, tag="tokens",
           answers=SessionDocument),
    Action("GET", "/api/v1/session", _session, Scope.READ, "Who is known here, and what a browser's changes must show.",
           lists=True, tag="tokens"),
    Action("DELETE", "/api/v1/session", _logout, Scope.READ, "End a browser's session.", status=204, lists=True, tag="tokens"),
)  # fmt: skip

"""Let people in with a token, which opens a session, and out again; show administrators the tokens that there are."""

from __future__ import annotations

from starlette.responses import RedirectResponse, Response

from ...endpoints.tokens import SCOPES
from ..callers import Scope
from ..doors import COOKIE, check_origin
from ..errors import Problem
from .visits import LOGIN, Page, Visit

_HOME = "/runs"


def _ask(visit: Visit) -> Response:
    return visit.page("login.html", next=_inside(visit.query("next")), problem="")


def _let_in(visit: Visit) -> Response:
    check_origin(visit.request)
    after = _inside(visit.form.get("next"))
    try:
        cookie, _caller = visit.service.doors.open_session(visit.form.get("token", "").strip(), visit.request)
    except Problem as problem:
        return visit.page("login.html", status=problem.status, next=after, problem=problem.detail)
    answer = RedirectResponse(after, 303)
    seconds = int(visit.service.settings.session_seconds)
    is_secure = visit.request.url.scheme == "https"
    answer.set_cookie(COOKIE, cookie, max_age=seconds, httponly=True, samesite="strict", secure=is_secure)
    return answer


def _let_out(visit: Visit) -> Response:
    check_origin(visit.request)
    answer = RedirectResponse(LOGIN, 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _home(_visit: Visit) -> Response:
    """Leave who follows a link, which may be a stranger's, signed in."""
    return RedirectResponse(_HOME, 303)


def _inside(address: str | None) -> str:
    """Return an address of this server to go on to; whatever leads elsewhere leads home."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")) or "\\" in address:
        return _HOME
    return address


def _tokens(visit: Visit) -> Response:
    endpoints = [endpoint.name for endpoint in visit.service.registry.endpoints()]
    return visit.page("tokens.html", tokens=visit.service.doors.tokens.list(), scopes=SCOPES, endpoints=endpoints)


PAGES = (
    Page(LOGIN, _ask, None, takes=_let_in),
    Page("/logout", _home, None, takes=_let_out),
    Page("/tokens", _tokens, Scope.ADMIN),
)

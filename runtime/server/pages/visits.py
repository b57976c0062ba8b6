"""Let visitors in to pages, have the page made, and turn what goes wrong into a page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, final
from urllib.parse import quote, urlencode

import msgspec
from attrs import frozen
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from ....compilers.errors import PenstockError
from ...history import History
from ..callers import Caller, Scope
from ..errors import Problem
from ..problems import answer_to
from ..service import Service, service_of
from .rendering import packed, render

LOGIN = "/login"


@final
@frozen
class Visit:
    """One request for a page, by somebody who may see it. ``form`` is what a form has sent."""

    request: Request
    service: Service
    caller: Caller
    form: Mapping[str, str]

    @property
    def history(self) -> History:
        """The runs of the workspace."""
        return self.service.history

    def path(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.path_params[name])

    def query(self, name: str) -> str | None:
        """Return a value in the query; None where it is missing or empty."""
        return self.request.query_params.get(name) or None

    @property
    def is_log(self) -> bool:
        """Whether charts have logarithmic axes."""
        return self.query("scale") == "log"

    def page(self, template: str, /, status: int = 200, **context: Any) -> Response:
        """Return a page of a template."""
        frame = _frame(self.request, self.service, self.caller)
        return render(template, {**frame, "is_log": self.is_log, "scaled": _scaled(self.request), **context}, status)


Show: TypeAlias = Callable[[Visit], Response]


@frozen
class Page:
    """A page: its address, what makes it, and what its visitor must be allowed; None lets everybody in.

    ``show`` is called in a thread. ``takes`` makes what a form sends to the page's address.
    """

    path: str
    show: Show
    scope: Scope | None = Scope.READ
    takes: Show | None = None


def routes_of(pages: tuple[Page, ...]) -> list[Route]:
    """Return a route for each page."""
    return [
        Route(page.path, _endpoint(page), methods=["GET", "POST"] if page.takes else ["GET"], name=f"page {page.path}")
        for page in pages
    ]


def _endpoint(page: Page) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        service = service_of(request)
        try:
            caller = await service.doors.caller(request, page.scope)
            _check_reach(caller, page)
            show = page.takes if request.method == "POST" and page.takes else page.show
            form = await _form(request)
            return await run_in_threadpool(_packed, show, Visit(request, service, caller, form))
        except Problem as problem:
            if problem.status == 401 and page.path != LOGIN:
                return RedirectResponse(f"{LOGIN}?next={quote(_here(request))}", 303)
            return _fault(request, service, problem)
        except Exception as error:
            return _fault(request, service, error)

    return endpoint


def _packed(show: Show, visit: Visit) -> Response:
    return packed(show(visit), visit.request.headers.get("accept-encoding", ""))


def _check_reach(caller: Caller, page: Page) -> None:
    """Refuse callers who are confined to one endpoint: pages show the whole workspace."""
    if caller.endpoint is not None and page.scope is not None:
        raise Problem(
            403, f"this token is for the endpoint {caller.endpoint} alone, and pages show the whole workspace"
        )


async def _form(request: Request) -> Mapping[str, str]:
    if request.method != "POST":
        return {}
    async with request.form(max_files=0, max_fields=200) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _scaled(request: Request) -> str:
    """Return the query of the address with the other scale for charts."""
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "scale"]
    return urlencode(rest if request.query_params.get("scale") == "log" else [*rest, ("scale", "log")])


def _here(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def tell(request: Request, error: Exception) -> Response:
    """Answer what no route could: with a page for those who look at pages, else with a document."""
    is_for_people = "text/html" in request.headers.get("accept", "") and not request.url.path.startswith("/api/")
    return _fault(request, service_of(request), error) if is_for_people else answer_to(error)


def _fault(request: Request, service: Service, error: Exception) -> Response:
    """Return the page that says what went wrong, in the words in which the API says it."""
    if isinstance(error, PenstockError) and not isinstance(error, Problem):
        answer = answer_to(error)
        if answer.status_code == 500:  # it is no surprise, but what the workspace has to say
            answer = answer_to(Problem(409, str(error)))
    else:
        answer = answer_to(error)
    told = msgspec.json.decode(bytes(answer.body))
    is_lost = isinstance(error, HTTPException) and error.status_code == 404
    context = {**_frame(request, service, None), "problem": told, "is_lost": is_lost}
    return render("error.html", context, answer.status_code)


def _frame(request: Request, service: Service, caller: Caller | None) -> dict[str, Any]:
    """Return what every page shows around its content."""
    return {
        "workspace_name": service.workspace.name,
        "here": request.url.path,
        "caller": caller,
        "csrf": caller.csrf if caller else None,
        "read_only": service.settings.read_only,
        "is_admin": caller is not None and caller.may(Scope.ADMIN),
        "may_run": caller is not None and bool(caller.csrf) and caller.may(Scope.RUN),
        "may_publish": caller is not None and bool(caller.csrf) and caller.may(Scope.PUBLISH),
        "now": service.clock(),
    }

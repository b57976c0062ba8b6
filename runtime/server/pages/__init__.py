"""Show what a server serves to people: pages that are whole without JavaScript, which only makes them live."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import comparing, one_artifact, one_run, published, run_list, scheduled, sessions, storage
from .rendering import static_response
from .visits import Page, routes_of, tell

PAGES: tuple[Page, ...] = (
    *run_list.PAGES,
    *one_run.PAGES,
    *comparing.PAGES,
    *one_artifact.PAGES,
    *published.PAGES,
    *scheduled.PAGES,
    *storage.PAGES,
    *sessions.PAGES,
)


def page_routes() -> list[Route]:
    """Return the routes of the pages and of what these load."""
    return [Route("/static/{name}", _static), *routes_of(PAGES)]


def _static(request: Request) -> Response:
    response = static_response(
        request.path_params["name"], request.query_params.get("v"), request.headers.get("accept-encoding", "")
    )
    if response is None:
        raise HTTPException(404)
    return response


__all__ = ["page_routes", "tell"]

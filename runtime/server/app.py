"""Put the server together: routes, guards, and what they share."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from ..workspace import Workspace
from .actions import routes_of
from .guards import Guard
from .pages import page_routes, tell
from .routes import ACTIONS
from .service import Service
from .settings import Settings


def create_app(workspace: Workspace, *, settings: Settings | None = None) -> Starlette:
    """Return the ASGI application that serves a workspace. Its ``state.service`` is what the routes share."""
    settings = settings or Settings()
    service = Service(workspace, settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(service.start)
        yield
        await run_in_threadpool(service.stop)

    app = Starlette(
        routes=[*routes_of(ACTIONS), *page_routes()],
        middleware=[Middleware(Guard, settings)],
        exception_handlers={HTTPException: tell},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.service = service
    return app

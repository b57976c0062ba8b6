"""Run the server: listen, tell where, and stop gracefully."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Final

from ..endpoints import Tokens
from ..workspace import Workspace
from .app import create_app
from .callers import Scope
from .errors import ServerError
from .settings import Settings

_PROTOCOL: Final = f"{__package__}.heads:LimitedProtocol"
"""Named, not imported: uvicorn is loaded only where there is something to serve."""


def serve(workspace: Workspace, settings: Settings, on_listening: Callable[[str], object]) -> None:
    """Serve until SIGINT or SIGTERM. ``on_listening`` is given the address once connections are accepted.

    Raises ServerError where the port cannot be had, and for wrong settings of the workspace.
    """
    import uvicorn

    app = create_app(workspace, settings=settings)  # what is wrong with the settings is told before anything else
    listener = _listener(settings)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    on_listening(f"http://{host}:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        http=_PROTOCOL,
        ws="none",
        timeout_graceful_shutdown=max(1, int(settings.grace)),
    )
    server = uvicorn.Server(config)
    app.state.service.dispatcher.end_when(lambda: server.should_exit)
    server.run(sockets=[listener])


def first_token(workspace: Workspace) -> str | None:
    """Return a new token with the scope ``admin`` where there is none, so that somebody can give out others; else None."""
    tokens = Tokens(workspace.database)
    return None if tokens.any_admin() else tokens.create("first", [Scope.ADMIN.value])[0]


def _listener(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"the server cannot listen on {settings.host} port {settings.port}: {error.strerror or error}; "
            "choose another with --port, or 0 for any that is free"
        ) from error
    return listener

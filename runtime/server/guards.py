"""Stand in front of everything: refuse foreign host names and too big bodies, add security headers, turn errors into answers."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import Problem
from .problems import answer_to
from .rates import Rates
from .settings import Settings

_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_RAW = {name.encode(): value.encode() for name, value in _HEADERS.items()}
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]", "::1")


class Guard:
    """The outermost application. A response may bring a security header of its own; the others are added."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._names = frozenset(name.lower() for name in (*_LOOPBACK_NAMES, *settings.names))
        self._rates = Rates(settings.rate, settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send, self._settings.body_limit)
        try:
            self._check(scope, exchange)
            await self._app(scope, exchange.receive, exchange.send)
        except Exception as error:
            if exchange.begun:  # too late for another answer: break off, so that nobody takes it for whole
                raise
            await answer_to(error)(scope, receive, exchange.send)

    def _check(self, scope: Scope, exchange: _Exchange) -> None:
        headers = Headers(scope=scope)
        if self._settings.is_loopback or self._settings.names:
            self._check_host(headers.get("host", ""))
        client = scope.get("client")
        wait = self._rates.take(client[0] if client else "")
        if wait > 0:
            raise Problem(429, "too many requests from this address", headers={"Retry-After": str(int(wait) + 1)})
        if scope["method"] == "POST" and _may_be_big(scope["path"], headers.get("content-type", "")):
            exchange.limit = self._settings.upload_limit
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > exchange.limit:
            raise too_big(exchange.limit)

    def _check_host(self, host: str) -> None:
        """Refuse the name of a stranger: a page of theirs may have had it point here (DNS rebinding)."""
        name = host.rsplit(":", 1)[0] if host.rpartition(":")[2].isdigit() else host
        if name.lower() not in self._names:
            raise Problem(
                421, f"this server is not called {name[:100]!r}; start it with --name to let it be called that"
            )


_UPLOADS = ("/versions", "/uploads")
"""The ends of addresses that take big bodies."""


def _may_be_big(path: str, media: str) -> bool:
    """Whether a body is written to a file as it comes, or is a bundle; forms limit what of them is none."""
    return path.endswith(_UPLOADS) or (path.endswith("/runs") and media.lower().startswith("multipart/form-data"))


def too_big(limit: int) -> Problem:
    """Return what is said of a body over the limit."""
    return Problem(413, f"the body is bigger than {limit:,} bytes", headers={"Connection": "close"})


class _Exchange:
    """One request and its answer: counts what comes in, and adds headers to what goes out."""

    def __init__(self, receive: Receive, send: Send, limit: int) -> None:
        self._receive = receive
        self._send = send
        self.limit = limit
        self.begun = False
        self._seen = 0

    async def receive(self) -> Message:
        """Return the next part of the request. Raises Problem 413 when there is too much of it."""
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self.limit:
                raise too_big(self.limit)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start":
            self.begun = True
            headers: list[Any] = list(message.get("headers", ()))
            own = {name for name, _ in headers}
            message = {**message, "headers": [*headers, *(pair for pair in _RAW.items() if pair[0] not in own)]}
        await self._send(message)

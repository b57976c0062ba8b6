"""Limit how big the head of a request may be, and how long it may take to come, before anything else looks at it."""

from __future__ import annotations

import asyncio
from typing import Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST: Final = 64 * 1024
"""Bytes of the lines before a body. Other servers take 8 to 64 KiB; parsers take any number, and keep them in memory."""

PATIENCE: Final = 20.0
"""Seconds in which they must have come: connections that begin a request and never end it would use up those there may be."""

_TOO_BIG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-type: application/problem+json\r\n"
    b"content-length: %d\r\n\r\n%s"
)
_DETAIL = (
    b'{"type":"about:blank","title":"Request Header Fields Too Large","status":431,'
    b'"detail":"the head of the request is bigger than %d bytes"}' % LARGEST
)


class LimitedProtocol(HttpToolsProtocol):
    """One connection. A request is begun by its first byte, the first one by the connection itself."""

    patience = PATIENCE
    _seen = 0
    _is_whole = False
    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the parent has it
        """Begin to wait for the head of the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Let the parser read in pieces: a head that is too big is given up before all of it is kept."""
        for start in range(0, len(data), LARGEST):
            self._read(data[start : start + LARGEST])
            if self.transport.is_closing():
                return

    def _read(self, piece: bytes) -> None:
        if not self._is_whole:
            self._seen += len(piece)
            if self._waiting is None:
                self._wait()
        super().data_received(piece)
        if not self._is_whole and self._seen > LARGEST and not self.transport.is_closing():
            self.transport.write(_TOO_BIG % (len(_DETAIL), _DETAIL))
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Hand the request on; what comes now is its body."""
        self._is_whole = True
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the head of the next request."""
        self._is_whole, self._seen = False, 0
        super().on_message_complete()

    def _wait(self) -> None:
        self._waiting = self.loop.call_later(self.patience, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

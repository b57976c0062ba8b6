"""How much of a request is read before anybody looks at it, and for how long it is waited for."""

from __future__ import annotations

import asyncio
import socket

import pytest
import uvicorn
from penstock.runtime.server.heads import LARGEST, LimitedProtocol
from uvicorn.server import ServerState

BEGUN = b"GET / HTTP/1.1\r\nHost: localhost\r\n"


async def application(_scope, receive, send):
    body = b""
    while (message := await receive()).get("more_body") or message.get("body"):
        body += message.get("body", b"")
        if not message["more_body"]:
            break
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(str(len(body))))]}
    )
    await send({"type": "http.response.body", "body": str(len(body)).encode()})


def said(*parts: bytes, patience: float = 20.0) -> bytes:
    """Return all that is answered to what is sent, until the connection is closed or enough is there."""

    class Impatient(LimitedProtocol):
        pass

    Impatient.patience = patience
    config = uvicorn.Config(application, log_level="critical", lifespan="off")
    config.load()

    async def talk() -> bytes:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Impatient(config, ServerState(), {}, loop), "127.0.0.1", 0)
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"".join(parts))
        found = await asyncio.wait_for(reader.read(), 10)
        writer.close()
        server.close()
        return found

    return asyncio.run(talk())


def test_a_head_that_never_ends_is_waited_for_and_then_not():
    assert said(BEGUN + b"X-Slow: ", patience=0.05) == said(b"", patience=0.05) == b""


@pytest.mark.parametrize(
    "header", [b"X: " + b"a" * LARGEST + b"\r\n", b"".join(b"X-%d: y\r\n" % one for one in range(9000))]
)
def test_a_head_that_is_too_big_is_refused(header):
    assert said(BEGUN, header, b"X: unfinished").startswith(b"HTTP/1.1 431 ")


def test_a_big_body_is_no_big_head_and_the_next_request_is_counted_anew():
    body = b"b" * (5 * LARGEST)
    sent = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    last = BEGUN + b"X: " + b"a" * (LARGEST // 2) + b"\r\nConnection: close\r\n\r\n"
    answers = said(sent, sent, last)
    assert (answers.count(b" 200 "), answers.count(str(len(body)).encode())) == (3, 2)


def test_a_server_that_listens_has_these_limits(serve):
    host, port = serve().url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(BEGUN + b"X: " + b"a" * (2 * LARGEST))
        assert connection.recv(12) == b"HTTP/1.1 431"

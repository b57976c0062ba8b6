"""Stream what happens in a run as server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ..actions import Action, Call
from ..callers import Scope
from ..watching import Position

_END = "end"
_HEADERS = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}


async def _events(call: Call) -> Response:
    run_id = await run_in_threadpool(call.service.known_run, call.path("run"))
    last = call.request.headers.get("last-event-id", "")
    if last == _END:
        return Response(status_code=204)  # by this a browser knows that it need not connect again
    stream = _written(call, run_id, Position.read(last))
    return StreamingResponse(stream, media_type="text/event-stream", headers=_HEADERS)


async def _written(call: Call, run_id: str, position: Position) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    async for reached, news in call.service.watch.follow(run_id, position):
        for kind, data in news.items():
            yield _event(kind, data, str(reached))
        if not news:
            yield b": nothing new\n\n"
    yield _event(_END, {}, _END)


def _event(kind: str, data: Any, position: str) -> bytes:
    return b"".join((f"id: {position}\nevent: {kind}\ndata: ".encode(), msgspec.json.encode(data), b"\n\n"))


ACTIONS = (
    Action("GET", "/api/v1/runs/{run}/events", _events, Scope.READ,
           "What happens in it, as server-sent events: run, steps, metrics, files, and end. A connection that broke off goes on "
           "with Last-Event-ID; then the state of each step comes again, and metrics and files where they were left.",
           gives=("text/event-stream",), also={204: "The run has ended, and all of it was told."}, tag="runs"),
)  # fmt: skip

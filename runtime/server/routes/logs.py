"""Give out what the steps of a run printed and logged."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from ...errors import RunNotFound
from ...history.records import StepRecord
from ...terminal.tails import Tails, log_path
from ..actions import PART, Action, Call, Query
from ..callers import Scope
from ..errors import Problem
from ..files import FileAnswer
from ..service import Service

_LOOK = 0.25
_TEXT = "text/plain; charset=utf-8"


async def _logs(call: Call) -> Response:
    run_id = await run_in_threadpool(call.service.known_run, call.path("run"))
    step, follow = call.query["step"], call.query["follow"]
    if follow:
        return StreamingResponse(_followed(call.service, run_id, step), media_type=_TEXT)
    return await run_in_threadpool(_whole, call.service, run_id, step)


def _whole(service: Service, run_id: str, step: str | None) -> Response:
    folder = service.workspace.run_folder(run_id)
    steps = _steps(service, run_id, step)
    if step is not None:
        path = _inside(folder, log_path(folder, steps[0]))
        return FileAnswer(path, media_type=_TEXT) if path.is_file() else Response(b"", media_type=_TEXT)
    return StreamingResponse(_headed(folder, steps), media_type=_TEXT)


def _headed(folder: Path, steps: Sequence[StepRecord]) -> Iterator[bytes]:
    """Yield the logs in which something is written, each under its step."""
    for step in steps:
        path = _inside(folder, log_path(folder, step))
        if path.is_file() and path.stat().st_size:
            yield f"==> {step.id} <==\n".encode()
            with path.open("rb") as log:
                while part := log.read(1 << 16):
                    yield part
            yield b"\n"


async def _followed(service: Service, run_id: str, step: str | None) -> AsyncIterator[bytes]:
    """Yield lines as they come, until the run has ended; with its step in front where there are several."""
    tails = Tails(service.workspace.run_folder(run_id))
    while True:
        ended = await run_in_threadpool(
            service.has_ended, run_id
        )  # asked before reading: what is written until then is read
        lines = await run_in_threadpool(_new_lines, service, run_id, step, tails, ended)
        if lines:
            yield lines
        if ended:
            return
        await asyncio.sleep(_LOOK)


def _new_lines(service: Service, run_id: str, step: str | None, tails: Tails, ended: bool) -> bytes:
    found = tails.read(_steps(service, run_id, step, waiting=True), to_the_end=ended)
    return "".join(f"{text}\n" if step else f"{name} | {text}\n" for name, text in found).encode()


def _steps(service: Service, run_id: str, step: str | None, *, waiting: bool = False) -> Sequence[StepRecord]:
    try:
        steps = service.history.steps(run_id)
    except RunNotFound:  # it waits for its turn
        return ()
    found = [one for one in steps if step in (None, one.id)]
    if not found and not waiting:
        raise Problem(404, f"run {run_id} has no step {step!r}; GET /api/v1/runs/{run_id} lists its steps")
    return found


def _inside(folder: Path, path: Path) -> Path:
    """Return a path that lies in a folder; any other reads as one that is not there."""
    return path if path.resolve().is_relative_to(folder.resolve()) else folder / "outside"


ACTIONS = (
    Action("GET", "/api/v1/runs/{run}/logs", _logs, Scope.READ,
           "What its steps printed and logged, as text. The log of one step may be asked for in ranges.",
           query=(Query("step", str, "Only this step's."),
                  Query("follow", bool, "Go on until the run has ended, line by line.", default=False)), gives=("text/plain",), also=PART, tag="runs"),
)  # fmt: skip

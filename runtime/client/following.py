"""Follow what goes on in a run on a server: its events, and the lines of its logs, over connections that may break."""

from __future__ import annotations

import contextlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from attrs import frozen

from .connections import PASSING, Connection
from .errors import ServerRefused, ServerUnreachable

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds for which a server that is away is looked for."""

END: Final = "end"
"""The kind of the last event."""

_BEAT: Final = ":"
"""The kind of what says only that the stream is alive."""

_SILENCE = 45.0
"""Seconds without a sign of life, which comes every 15, after which a stream of events is taken for broken."""

_QUIET = 300.0
"""The same for logs, which have no sign of life: a step may print nothing for long."""

_PAUSE, _LONGEST_PAUSE = 0.1, 5.0


@frozen
class Event:
    """Something that happened in a run. ``position`` is where a stream goes on after it."""

    kind: str
    data: Any
    position: str


def events(connection: Connection, run: str, *, until: float | None = None) -> Iterator[Event]:
    """Yield what happens in a run, all of it from the beginning, to its end, or to a time of the monotonic clock.

    A stream that breaks is taken up where it was left. Raises ServerRefused, and ServerUnreachable after a minute without the server.
    """
    kind, position = "", ""

    def stream() -> Iterator[Event]:
        for event in _stream(connection, run, position, until):
            yield event
            if event.kind in (END, _BEAT if until else END):  # after a beat the rest of the time is measured anew
                return
        raise ServerUnreachable(connection.url, "the stream of events broke off")

    while kind != END and (until is None or time.monotonic() < until):
        for event in _kept_up(connection, stream, until):
            kind = event.kind
            if kind != _BEAT:
                position = event.position
                yield event


def log_lines(connection: Connection, run: str, step: str | None = None) -> Iterator[str]:
    """Yield the lines that the steps of a run print, as they come, to its end; with the step in front where all are followed.

    Where the connection breaks, lines that have been told are not told again.
    """
    told: Counter[str] = Counter()
    for line in _kept_up(connection, lambda: _new_lines(connection, run, step, Counter(told)), None):
        told[_teller(line, step)] += 1
        yield line


def _kept_up(connection: Connection, stream: Callable[[], Iterator[T]], until: float | None) -> Iterator[T]:
    """Yield from a stream, and from another one where it breaks, until one ends well or the time is over."""
    away, pause = time.monotonic(), _PAUSE
    while True:
        try:
            for item in stream():
                yield item
                away, pause = time.monotonic(), _PAUSE
            return
        except (ServerRefused, OSError) as error:  # what requests raises is an OSError
            now, problem = time.monotonic(), _problem(connection, error)
            if until is not None and now >= until:
                return
            if now - away > PATIENCE or not _is_passing(error):
                raise problem from error
        time.sleep(pause if until is None else max(0.0, min(pause, until - now)))
        pause = min(2 * pause, _LONGEST_PAUSE)


def _stream(connection: Connection, run: str, position: str, until: float | None) -> Iterator[Event]:
    left = _SILENCE if until is None else max(0.05, min(_SILENCE, until - time.monotonic()))
    headers = {"Last-Event-ID": position} if position else {}
    with connection.open("GET", "runs", run, "events", headers=headers, timeout=left) as answer:
        yield from parsed(answer.iter_lines()) if answer.status_code != 204 else [Event(END, {}, END)]


def parsed(lines: Iterable[bytes]) -> Iterator[Event]:
    """Yield the events in the lines of a stream. One that is cut off, or is no JSON, is left out."""
    fields: dict[str, str] = {}
    for line in lines:
        name, _, value = line.decode("utf-8", "replace").partition(":")
        if name:
            fields[name] = value.removeprefix(" ")
        elif line:
            yield Event(_BEAT, None, "")
        elif "data" in fields:
            with contextlib.suppress(ValueError):
                yield Event(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id", ""))
            fields = {}


def _new_lines(connection: Connection, run: str, step: str | None, told: Counter[str]) -> Iterator[str]:
    """Yield the lines behind the first so many of each step."""
    query = {"step": step, "follow": True}
    with connection.open("GET", "runs", run, "logs", query=query, timeout=_QUIET) as answer:
        for raw in answer.iter_lines():
            line = raw.decode("utf-8", "replace")
            teller = _teller(line, step)
            told[teller] -= 1
            if told[teller] < 0:
                yield line


def _teller(line: str, step: str | None) -> str:
    return "" if step else line.partition(" | ")[0]


def _is_passing(error: ServerRefused | OSError) -> bool:
    return not isinstance(error, ServerRefused) or error.status in PASSING


def _problem(connection: Connection, error: ServerRefused | OSError) -> Exception:
    if isinstance(error, ServerRefused | ServerUnreachable):
        return error
    return ServerUnreachable(connection.url, f"the connection broke off: {error}")

"""Describe what a server can be asked for: one action for each method and path, from which routes and OpenAPI are made.

A handler is given a :class:`Call`, checked: the caller may do that, and body and query are of the declared types. It returns
a document, or a response of its own. A plain function is called in a thread; a coroutine function must not block.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias, final, get_type_hints, is_typeddict

import msgspec
from attrs import field, frozen
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ...compilers.graph import Graph
from ..errors import RunNotFound
from .answers import Answer
from .bodies import read_body
from .callers import Caller, Scope
from .doors import caller_of
from .errors import Problem
from .service import Service, service_of

CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})

PART: Mapping[int, str] = {206: "The part that the header Range asked for."}
"""What files are answered with besides."""


@frozen
class Query:
    """A parameter in the query of an address. ``type`` is what msgspec reads its text as."""

    name: str
    type: Any
    doc: str
    default: Any = None


@final
@frozen
class Call:
    """One checked request."""

    request: Request
    service: Service
    caller: Caller
    body: Any = None
    query: Mapping[str, Any] = field(factory=dict)

    def path(self, name: str) -> str:
        """Return a part of the address."""
        return str(self.request.path_params[name])


Handler: TypeAlias = Callable[[Call], Any]


@frozen
class Action:
    """One thing that can be asked for. ``scope`` is what the caller must have; None lets everybody in.

    ``body`` is the type of the JSON document that is sent. Where the handler reads the body itself, ``media`` are its types and
    ``sent`` is what its JSON is. ``lists`` says that the handler minds callers who are confined to one endpoint; elsewhere
    they are let in where the address names that endpoint, or a run of it. ``gives`` are the media types of the answer, ``answers`` is the
    type of its JSON where the handler's annotation does not say it, and ``also`` are other statuses that it may have, with what they mean.
    """

    method: str
    path: str
    handle: Handler
    scope: Scope | None
    summary: str
    body: Any = None
    query: tuple[Query, ...] = ()
    status: int = 200
    media: tuple[str, ...] = ()
    lists: bool = False
    tag: str = "server"
    sent: Any = None
    gives: tuple[str, ...] = ("application/json",)
    answers: Any = None
    also: Mapping[int, str] = field(factory=dict)

    @property
    def answer(self) -> Any:
        """The type of the JSON document that is answered; None where it is none, or none of a known type."""
        said = self.answers or get_type_hints(self.handle).get("return")
        return said if is_typeddict(said) or said is Graph else None

    @property
    def is_async(self) -> bool:
        """Whether the handler is a coroutine function."""
        return inspect.iscoroutinefunction(self.handle)


def routes_of(actions: Iterable[Action]) -> list[Route]:
    """Return a route for each path, in the order in which the paths first come."""
    by_path: dict[str, dict[str, Action]] = {}
    for action in actions:
        by_path.setdefault(action.path, {})[action.method] = action
    return [Route(path, _Resource(found), name=path) for path, found in by_path.items()]


class _Resource:
    """What is at one path: an ASGI application that checks a request, has it handled, and sends what came of it."""

    def __init__(self, actions: Mapping[str, Action]) -> None:
        self._actions = {**({"HEAD": actions["GET"]} if "GET" in actions else {}), **actions}
        self._allow = ", ".join(sorted(self._actions))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        action = self._actions.get(scope["method"])
        if action is None:
            raise Problem(405, f"only {self._allow} can be used here", headers={"Allow": self._allow})
        response = await _answer(action, Request(scope, receive, send))
        await response(scope, receive, send)


async def _answer(action: Action, request: Request) -> Response:
    service = service_of(request)
    if any("\0" in part for part in request.path_params.values()):
        raise Problem(404, "nothing is here: an address has no NUL character")
    if service.settings.read_only and action.method in CHANGING:
        raise Problem(403, "this server is read-only; `penstock serve` starts one that takes runs")
    caller = await caller_of(request, service, action.scope)
    if caller.endpoint is not None and not action.lists:
        await run_in_threadpool(_check_confined, request, service, caller.endpoint)
    body = await read_body(request, action.body) if action.body is not None else None
    call = Call(request, service, caller, body, _query(request, action.query))
    if not action.is_async:
        found = await run_in_threadpool(action.handle, call)
    else:
        found = await action.handle(call)
    if isinstance(found, Response):
        return found
    return Response(status_code=204) if action.status == 204 else Answer(found, action.status)


def _check_confined(request: Request, service: Service, only: str) -> None:
    """Let a caller who is confined to one endpoint have to do with that and its runs, and with nothing else."""
    names = request.path_params
    if "run" in names:
        run = service.queue.get(names["run"]) if "\0" not in names["run"] else None
        if run is None or run.endpoint != only:
            raise RunNotFound(names["run"])
    elif names.get("endpoint") != only:
        raise Problem(403, f"this token is for the endpoint {only} only")


def _query(request: Request, expected: tuple[Query, ...]) -> dict[str, Any]:
    given = request.query_params
    if not expected and not given:
        return {}
    known = {query.name: query for query in expected}
    unknown = {
        name: f"is not known here; known are: {', '.join(known) or 'none'}" for name in given if name not in known
    }
    if unknown:
        raise Problem(422, "the query is wrong", unknown)
    return {name: _read(given.get(name), query) for name, query in known.items()}


def _read(text: str | None, query: Query) -> Any:
    if text is None:
        return query.default
    if "\0" in text:
        raise Problem(422, "the query is wrong", {query.name: "it has a NUL character"})
    try:
        return msgspec.convert(text, query.type, strict=False)
    except msgspec.ValidationError as error:
        raise Problem(422, "the query is wrong", {query.name: f"{error}, got {text[:100]!r}"}) from None

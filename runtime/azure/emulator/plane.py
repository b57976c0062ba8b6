"""Answer requests as Azure does: find what a path is about, check who asks and what is sent, and do it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias, final

from attrs import Factory, define, field, frozen

from ..credentials import DATA_PLANE, MANAGEMENT, read_claims
from .faults import Faults, failed
from .jobruns import Runs
from .messages import Refused, Reply, Request
from .specification import Specification
from .state import State
from .storage import Storage

Handler: TypeAlias = "Callable[[Plane, Request, Mapping[str, str]], Reply]"


@frozen
class Route:
    """Which requests a handler answers: a method, and the form of the path behind the workspace's, or behind the root."""

    method: str
    form: re.Pattern[str]
    handler: Handler
    audience: str | None = MANAGEMENT


def route(method: str, path: str, handler: Handler, audience: str | None = MANAGEMENT) -> Route:
    """Return the route of a path with names in braces, ``{rest*}`` takes slashes too; None needs no token."""
    form = re.sub(r"\{(\w+)\*\}", r"(?P<\1>.+)", path)
    return Route(method, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", form)), handler, audience)


@final
@define(eq=False)
class Plane:
    """A workspace of Azure Machine Learning, as seen through its requests.

    ``requests`` are all that came, ``violations`` what was wrong with any by the specification. ``refusals`` maps the
    beginning of a path in the workspace, with a method before it, to the status and message with which it is refused.
    """

    state: State
    base: str
    storage: Storage | None
    runs: Runs | None
    specification: Specification | None
    routes: tuple[Route, ...] = field(repr=False)
    page: int = 100
    faults: Faults = field(factory=Faults)
    requests: list[Request] = field(factory=list, repr=False)
    violations: list[str] = field(factory=list)
    refusals: dict[str, tuple[int, str, str]] = field(factory=dict)
    location: str = "offline"
    lock: threading.Lock = field(default=Factory(threading.Lock), repr=False)

    def answer(self, request: Request) -> Reply | None:
        """Answer a request; None breaks the connection."""
        with self.lock:
            self.requests.append(request)
        kind = self.faults.next()
        if kind == "drop":
            return None
        if kind in ("429", "500", "503"):
            return failed(kind)
        try:
            reply = self._dispatch(request)
        except Refused as refused:
            reply = refused.reply()
        return None if kind == "drop-after" else reply

    def operation(self, path: str, change: str) -> dict[str, str]:
        """Let something go on with a document, and return the headers that say where to follow it."""
        operation = self.state.begin(path, change)
        return {"Azure-AsyncOperation": f"{self.base}/operations/{operation}"}

    def _dispatch(self, request: Request) -> Reply:
        root = self.state.address.id
        inner = request.path[len(root) :].lstrip("/") if request.path.startswith(root) else None
        path = request.path if inner is None else f"WS/{inner}".rstrip("/")
        for found in self.routes:
            matched = found.form.fullmatch(path)
            if matched and found.method == request.method:
                if found.audience is not None:
                    check_token(request, found.audience)
                if inner is not None:
                    self._check(request, inner)
                return found.handler(self, request, matched.groupdict())
        raise Refused(404, "NotFound", f"nothing answers {request.method} {request.path}")

    def _check(self, request: Request, inner: str) -> None:
        for start, (status, code, message) in self.refusals.items():
            if f"{request.method} {inner}".startswith(start):
                raise Refused(status, code, message)
        if self.specification is None or inner.startswith("providers/"):
            return
        faults = self.specification.faults(request)
        if faults:
            with self.lock:
                self.violations += [f"{request.method} {inner}: {one}" for one in faults]
            raise Refused(400, "InvalidRequest", "; ".join(faults))


def check_token(request: Request, audience: str) -> None:
    """Raise Refused for a request without a token for an audience."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    _check_audience(token, audience, "Authorization")


def check_second_token(request: Request) -> None:
    """Raise Refused for a pipeline job without the further token that it needs."""
    _check_audience(request.headers.get("x-azureml-token", ""), DATA_PLANE, "x-azureml-token")


def _check_audience(token: str, audience: str, header: str) -> None:
    claims = read_claims(token)
    if not claims:
        raise Refused(401, "InvalidAuthenticationToken", f"the header {header} holds no token")
    if str(claims.get("aud")).rstrip("/") != audience:
        raise Refused(
            401,
            "InvalidAuthenticationTokenAudience",
            f"the token in {header} is for {claims.get('aud')}, not {audience}",
        )

"""Send requests to a server: once or again, in time, and read what it answers or why it refuses."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Mapping
from typing import IO, TYPE_CHECKING, Any, Final, TypeAlias, final
from urllib.parse import quote, urlsplit

from attrs import field, frozen

from ..errors import EndpointError
from .bearers import Bearer, shown
from .errors import EndpointNotOnServer, RunNotOnServer, ServerRefused, ServerUnreachable

if TYPE_CHECKING:
    import requests

Query: TypeAlias = Mapping[str, object]

KEY: Final = "Idempotency-Key"
"""The header by which a server knows a request that is sent again."""

CONNECT: Final = 10.0
"""Seconds to wait for a connection."""

_BACKOFF = 0.25
"""Seconds, twice which lie before the third attempt, four times before the fourth and so on; the second follows at once."""

_NOTHING: Mapping[str, Any] = {}
_REPEATABLE = frozenset({"GET", "PUT", "DELETE"})
PASSING: Final = (429, 502, 503, 504)
"""Statuses that may be others in a moment: too many requests, a database that is busy, a proxy without a server."""


@final
class Document(dict[str, Any]):
    """What a server answered. What it should have told and did not is an error of ours: another program may answer there."""

    def __init__(self, told: Mapping[str, Any], url: str) -> None:
        super().__init__(told)
        self._url = url

    def __missing__(self, name: str) -> Any:
        raise ServerUnreachable(self._url, f"what answers there is no server of Penstock's: it did not say {name!r}")


@final
@frozen(slots=False, eq=False)
class Connection:
    """A server, and who asks it. Threads may share it. ``timeout`` is seconds without an answer."""

    url: str
    timeout: float = 60.0
    _bearer: Bearer = field(kw_only=True, repr=False, alias="bearer")

    def ask(
        self,
        method: str,
        *path: str,
        body: object = None,
        query: Query = _NOTHING,
        data: bytes | IO[bytes] | None = None,
        media: str = "application/json",
        key: str | None = None,
    ) -> Document:
        """Return the document that answers a request; empty where nothing is said.

        What changes nothing, or has a ``key``, is sent again where the connection broke or the server was busy. Raises
        ServerUnreachable and ServerRefused.
        """
        sent = json.dumps(body, allow_nan=False).encode() if body is not None else data
        headers = {**({"Content-Type": media} if sent is not None else {}), **({KEY: key} if key else {})}
        with self.open(method, *path, query=query, data=sent, headers=headers) as answer:
            return _document(answer, self.url)

    def open(
        self,
        method: str,
        *path: str,
        query: Query = _NOTHING,
        data: bytes | IO[bytes] | None = None,
        headers: Mapping[str, str] = _NOTHING,
        timeout: float | None = None,
    ) -> requests.Response:
        """Return an answer that was not read yet; ``timeout`` is seconds without any of it. Whoever asks closes it."""
        import requests

        where = f"{self.url}/api/v1/{'/'.join(quote(part, safe='') for part in path)}"
        given = {name: _text(value) for name, value in query.items() if value is not None}
        try:
            answer = self._session.request(
                method, where, params=given, data=data, headers=headers, stream=True, allow_redirects=False,
                timeout=(CONNECT, timeout or self.timeout),
            )  # fmt: skip
        except requests.RequestException as error:
            raise ServerUnreachable(self.url, str(error)) from error
        if answer.ok and not answer.is_redirect:
            return answer
        with answer:
            raise _refusal(f"{method} {where}", path, answer)

    @functools.cached_property
    def _session(self) -> requests.Session:
        import requests

        session = requests.Session()
        session.auth = functools.partial(shown, bearer=self._bearer)  # with it, none is taken out of a .netrc
        for scheme in ("http://", "https://"):
            session.mount(scheme, _transport())
        return session

    def __getstate__(self) -> None:
        raise TypeError("a connection to a server stays in its process; make a Client where it is needed")


def checked_url(url: str) -> str:
    """Return the address of a server. Raises EndpointError for what is none, and for one with a password in it."""
    try:
        parts = urlsplit(url)
        is_one = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_one = False
    if not is_one:
        raise EndpointError(f"{url!r} is no server: expected a URL such as http://localhost:8075")
    if parts.username is not None or parts.password is not None:
        raise EndpointError("a URL is written into logs: pass who you are as token=, not in the address of the server")
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")


def _transport() -> Any:
    """Return what sends requests: again, some times, where nothing can come of it that was not asked for."""
    from requests.adapters import HTTPAdapter
    from urllib3.util import Retry

    retry: Callable[..., Any] = functools.partial(
        Retry, connect=3, redirect=0, other=0, allowed_methods=None, raise_on_status=False, backoff_factor=_BACKOFF,
        respect_retry_after_header=False,  # which may say: tomorrow
    )  # fmt: skip
    again = HTTPAdapter(max_retries=retry(total=5, read=2, status=5, status_forcelist=PASSING))
    once = HTTPAdapter(max_retries=retry(total=3, read=0, status=0))

    class Transport(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:  # type: ignore[override]
            is_repeatable = request.method in _REPEATABLE or KEY in request.headers
            return (again if is_repeatable else once).send(request, **how)

        def close(self) -> None:
            again.close()
            once.close()

    return Transport()


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _document(answer: requests.Response, url: str) -> Document:
    import requests

    try:
        found = answer.json() if answer.content else {}
    except requests.JSONDecodeError:
        found = None
    except requests.RequestException as error:
        raise ServerUnreachable(url, f"its answer broke off: {error}") from error
    if not isinstance(found, dict):
        kind = answer.headers.get("Content-Type", "nothing")
        raise ServerUnreachable(url, f"what answers there is no server of Penstock's: it sent {kind}")
    return Document(found, url)


def _refusal(request: str, path: tuple[str, ...], answer: requests.Response) -> ServerRefused:
    """Return the error for a problem document (RFC 9457), or for whatever else came in its place."""
    try:
        document = answer.json()
    except (ValueError, OSError):  # the latter: it broke off
        document = None
    said = document if isinstance(document, dict) else {}
    detail = str(said.get("detail") or said.get("title") or answer.reason or "it said nothing more")
    if answer.is_redirect:
        detail = f"it lives at {answer.headers['Location']} now"
    given = (request, answer.status_code, detail, _errors(said.get("errors")))
    if answer.status_code == 404 and len(path) > 1 and path[0] == "runs":
        return RunNotOnServer(path[1], *given)
    if answer.status_code == 404 and len(path) > 1 and path[0] in ("endpoints", "schedules"):
        return EndpointNotOnServer(path[1], *given)
    return ServerRefused(*given)


def _errors(listed: object) -> dict[str, str]:
    items = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {str(one.get("field")): str(one.get("problem")) for one in items}

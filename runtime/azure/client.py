"""Send requests to Azure: with a token, with patience, and with nothing secret in what is told about it."""

from __future__ import annotations

import email.utils
import json
import logging
import random
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, final
from urllib.parse import urlencode, urlsplit

from attrs import Factory, define, field, frozen

from .answers import Answer
from .credentials import MANAGEMENT, Tokens
from .errors import RemoteUnavailable
from .hosts import checked_base, is_loopback, trusted
from .redaction import redacted
from .refusals import refusal

API_VERSION = "2024-04-01"
"""The newest version of the management plane whose specification could be read whole; see docs/azure-workspace.md."""

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "PATCH"})
_MOST_PAGES = 10_000

_log = logging.getLogger("penstock.azure")


@frozen
class Patience:
    """How often a request is tried, and how long is waited: ``first`` seconds, then twice as long each time.

    ``ceiling`` is the longest wait of our own, ``longest`` the longest that Azure may ask for. ``connect`` and ``read``
    are the seconds after which a silent connection counts as broken.
    """

    attempts: int = 7
    first: float = 0.5
    ceiling: float = 30.0
    longest: float = 300.0
    connect: float = 10.0
    read: float = 120.0

    def wait(self, attempt: int, asked: float | None) -> float:
        """Return how long to wait after an attempt, counted from 0; what Azure asked for is the least."""
        own = min(self.ceiling, self.first * 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret depends on it
        return max(own, min(asked or 0.0, self.longest))


@frozen
class Call:
    """One request: what it does in words, and all of it but the token.

    ``url`` is a whole one, or a path below the base. ``tokens`` names headers that carry a further token, by the audience
    of that token. ``repeatable`` says whether doing it twice is the same as once; None leaves that to the method.
    """

    action: str
    method: str
    url: str
    body: object = field(default=None, repr=False)
    query: Mapping[str, str] = field(factory=dict)
    headers: Mapping[str, str] = field(factory=dict)
    audience: str = MANAGEMENT
    tokens: Mapping[str, str] = field(factory=dict)
    repeatable: bool | None = None

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again when nobody knows whether it arrived."""
        return self.method in _IDEMPOTENT if self.repeatable is None else self.repeatable


@final
@define(eq=False)
class Client:
    """Speaks HTTP to Azure, or to whatever stands in for it at ``base``. Threads may share it."""

    tokens: Tokens
    base: str = field(default=MANAGEMENT, converter=checked_base)
    patience: Patience = field(factory=Patience)
    _own: threading.local = field(default=Factory(threading.local), init=False, repr=False)

    def send(self, call: Call) -> Answer:
        """Send a request, again where that may help and does no harm, and return the answer, which is one of success.

        Raises an error of the tree under RemoteError.
        """
        answer = self.try_send(call)
        if answer.is_success:
            return answer
        raise refusal(call.action, answer)

    def try_send(self, call: Call) -> Answer:
        """Like :meth:`send`, but return whatever Azure answered in the end. Raises RemoteUnavailable if it did not."""
        target = self._target(call)
        renewed = False
        for attempt in range(self.patience.attempts):
            is_last = attempt + 1 == self.patience.attempts
            answer = self._attempt(call, target, give_up=is_last)
            if answer is None:
                self._pause(attempt, None, call, "the connection broke")
            elif answer.status == 401 and not renewed:
                renewed = True  # a token may be withdrawn before its end
                for audience in {call.audience, *call.tokens.values()}:
                    self.tokens.forget(audience)
            elif is_last or not self._may_pass(call, answer):
                return answer
            else:
                self._pause(attempt, _retry_after(answer), call, f"HTTP {answer.status}")
        raise RemoteUnavailable(call.action, f"no usable answer in {self.patience.attempts} attempts")

    def pages(self, call: Call, *, key: str = "value", link: str = "nextLink") -> Iterator[dict[str, Any]]:
        """Give the items of a list that comes in pages. Raises like :meth:`send`."""
        seen = set()
        for _ in range(_MOST_PAGES):
            document = self.send(call).document(call.action)
            yield from (item for item in document.get(key) or () if isinstance(item, dict))
            following = document.get(link)
            if not following or following in seen:
                return
            seen.add(following)
            call = Call(call.action, call.method, following, headers=call.headers, audience=call.audience)

    def _target(self, call: Call) -> str:
        url = call.url if "://" in call.url else f"{self.base}/{call.url.lstrip('/')}"
        trusted(url, self.base, call.action)
        query = urlencode(call.query)
        return f"{url}{'&' if urlsplit(url).query else '?'}{query}" if query else url

    def _attempt(self, call: Call, target: str, *, give_up: bool) -> Answer | None:
        """Send once; None where the connection broke and it may be tried again."""
        import requests

        # Built before it is sent: a login that fails is no broken connection.
        headers = self._headers(call)
        data = None if call.body is None else json.dumps(call.body, allow_nan=False).encode()
        limits = (self.patience.connect, self.patience.read)
        try:
            found = self._session().request(
                call.method, target, data=data, headers=headers, timeout=limits, allow_redirects=False, auth=_as_it_is
            )
        except requests.exceptions.RequestException as error:
            problem = redacted(f"{type(error).__name__}: {error}")[:500]
            if give_up:
                raise RemoteUnavailable(call.action, problem) from None
            if call.is_repeatable or isinstance(error, requests.exceptions.ConnectTimeout) or _never_left(error):
                return None
            raise RemoteUnavailable(
                call.action, f"{problem}. It may have been done all the same: look before you try again"
            ) from None
        return _read(found)

    def _headers(self, call: Call) -> dict[str, str]:
        sent = {"Accept": "application/json", "x-ms-client-request-id": str(uuid.uuid4()), **call.headers}
        if call.body is not None:
            sent["Content-Type"] = "application/json"
        for name, audience in call.tokens.items():
            sent[name] = self.tokens.get(audience)
        sent["Authorization"] = f"Bearer {self.tokens.get(call.audience)}"
        return sent

    def _session(self) -> Any:
        import requests

        found = getattr(self._own, "session", None)
        if found is None:
            found = self._own.session = requests.Session()
            found.trust_env = not is_loopback(self.base)  # a proxy does not lead back to this machine
        return found

    def _may_pass(self, call: Call, answer: Answer) -> bool:
        # 429 and 503 say that nothing was done; what else a server failed with may have been done by half.
        return answer.status in _PASSING and (call.is_repeatable or answer.status in (429, 503))

    def _pause(self, attempt: int, asked: float | None, call: Call, why: str) -> None:
        seconds = self.patience.wait(attempt, asked)
        _log.info("%s: %s; trying again in %.1f s", call.action, why, seconds)
        time.sleep(seconds)


def _as_it_is(request: Any) -> Any:
    """Authenticate nothing: without this, requests would replace the token with what a ~/.netrc says."""
    return request


def _never_left(error: BaseException) -> bool:
    """Say whether no connection was made at all."""
    return "NewConnectionError" in str(error) or "NameResolutionError" in str(error)


def _read(found: Any) -> Answer:
    headers = {name.lower(): value for name, value in found.headers.items()}
    body: Any = None
    if found.content:
        try:
            body = json.loads(found.content)
        except ValueError:
            body = found.content.decode(errors="replace")
    return Answer(found.status_code, body, headers)


def _retry_after(answer: Answer) -> float | None:
    """Return the seconds that Azure asks to wait: said as a number, in milliseconds, or as a date."""
    milliseconds, said = answer.headers.get("retry-after-ms", ""), answer.headers.get("retry-after", "")
    if milliseconds.isdigit():
        return int(milliseconds) / 1000
    if said.isdigit():
        return float(said)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time())
    except (TypeError, ValueError):
        return None

"""Write and read blobs by URLs that carry their own permission, with plain requests and no token."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from .answers import Answer
from .client import Patience
from .errors import RemoteUnavailable
from .hosts import is_loopback
from .redaction import redacted
from .refusals import refusal

_VERSION = "2021-08-06"
"""The version of Azure's storage service; since 2019-12-12 one request takes a blob of up to 5000 MiB."""

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_PIECE = 1 << 20


def blob_url(signed: str, path: str) -> str:
    """Return the URL of a blob in the container that a signed URL leads to.

    >>> blob_url("https://a.blob.core.windows.net/c?sig=x", "code/a b.py")
    'https://a.blob.core.windows.net/c/code/a%20b.py?sig=x'
    """
    base, _, query = signed.partition("?")
    return f"{base.rstrip('/')}/{quote(path)}{'?' if query else ''}{query}"


def put_blob(url: str, content: bytes | Path, *, action: str, patience: Patience) -> None:
    """Write a blob, verified at its arrival by its md5. Raises an error of the tree under RemoteError."""
    headers = {
        "x-ms-blob-type": "BlockBlob",
        "x-ms-version": _VERSION,
        "Content-Type": "application/octet-stream",
        "Content-MD5": base64.b64encode(_md5(content)).decode(),
    }
    _send("PUT", url, headers, content, action, patience)


def get_blob(url: str, *, action: str, patience: Patience, start: int = 0) -> bytes:
    """Read a blob from a position on; nothing where it ends before. Raises an error of the tree under RemoteError."""
    headers = {"x-ms-version": _VERSION, **({"Range": f"bytes={start}-"} if start else {})}
    found = _send("GET", url, headers, None, action, patience)
    content: bytes = found.body
    return content if found.status != 200 else content[start:]


def _send(
    method: str, url: str, headers: dict[str, str], content: bytes | Path | None, action: str, patience: Patience
) -> Answer:
    _check_scheme(url, action)
    for attempt in range(patience.attempts):
        is_last = attempt + 1 == patience.attempts
        answer = _once(method, url, headers, content, action, patience, give_up=is_last)
        if answer is not None and (is_last or answer.status not in _PASSING):
            return _checked(answer, action)
        asked = answer.headers.get("retry-after", "") if answer else ""
        time.sleep(patience.wait(attempt, float(asked) if asked.isdigit() else None))
    raise RemoteUnavailable(action, f"no usable answer in {patience.attempts} attempts")


def _checked(answer: Answer, action: str) -> Answer:
    if answer.status == 416:  # what is asked for begins behind the end
        return Answer(206, b"", answer.headers)
    if answer.is_success:
        return answer
    text = answer.body.decode(errors="replace") if isinstance(answer.body, bytes) else ""
    code = answer.headers.get("x-ms-error-code", "")
    error = {"error": {"code": code, "message": code or text[:200] or "the storage account refuses it"}}
    raise refusal(action, Answer(answer.status, error, answer.headers))


def _once(
    method: str, url: str, headers: dict[str, str], content: bytes | Path | None, action: str, patience: Patience,
    *, give_up: bool,
) -> Answer | None:  # fmt: skip
    import requests

    limits = (patience.connect, patience.read)
    with requests.Session() as session, _opened(content) as data:
        session.trust_env = not is_loopback(url)
        try:
            found = session.request(
                method, url, data=data, headers=headers, timeout=limits, allow_redirects=False, auth=_as_it_is
            )
        except requests.exceptions.RequestException as error:
            if give_up:
                raise RemoteUnavailable(action, redacted(f"{type(error).__name__}: {error}")[:500]) from None
            return None
    return Answer(found.status_code, found.content, {name.lower(): value for name, value in found.headers.items()})


def _as_it_is(request: Any) -> Any:
    """Authenticate nothing: the URL does, and what a ~/.netrc says must not go there."""
    return request


@contextlib.contextmanager
def _opened(content: bytes | Path | None) -> Iterator[Any]:
    if not isinstance(content, Path):
        yield content
        return
    with content.open("rb") as file:
        # requests would send an empty file in chunks, which storage does not take.
        yield file if content.stat().st_size else b""


def _md5(content: bytes | Path) -> bytes:
    found = hashlib.md5(usedforsecurity=False)
    if isinstance(content, bytes):
        found.update(content)
        return found.digest()
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.digest()


def _check_scheme(url: str, action: str) -> None:
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise RemoteUnavailable(action, f"Azure names {urlsplit(url).hostname} without https, where no data may go")

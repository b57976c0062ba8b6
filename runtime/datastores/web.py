"""Read files from a web server: with its ETags, from where a connection broke, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import Any, final
from urllib.parse import quote

from attrs import field, frozen

from ..errors import DataNotFound, DatastoreError, TransferFailed
from .entries import Entry
from .faults import telling

OPTIONS = ("token", "headers", "query", "timeout")
"""What a datastore on a web server takes: a bearer token, headers, a query (a SAS), and seconds of silence to bear."""

_CHUNK = 1 << 16
"""Bytes at a time; what has come of a chunk when the connection breaks is lost."""

_GONE = (404, 410)
_NO_HEAD = (400, 403, 405, 501)
"""How servers answer that give a file, and say nothing about it: one signs for GET only."""


@final
@frozen
class Web:
    """A :class:`Backend` on a web server. It cannot list, so a folder cannot be read."""

    url: str
    options: Mapping[str, Any] = field(factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def stat(self, path: str) -> Entry | None:
        """Ask for the headers of a file; None where the server says that there is none."""
        with self._answer("HEAD", path) as head:
            status, found = head.status_code, self._entry(path, head.headers)
        if status in _NO_HEAD:
            with self._answer("GET", path) as answer:  # the body is never read
                status, found = answer.status_code, self._entry(path, answer.headers)
        if status in _GONE:
            return None
        self._check(path, status)
        return found

    def entries(self, path: str) -> Iterable[Entry]:  # noqa: ARG002  # the protocol's
        """Give nothing: a web server does not list."""
        return ()

    def read(self, entry: Entry, start: int = 0) -> Iterator[bytes]:
        """Give the bytes of a file; where the server cannot begin in the middle, what comes before is thrown away."""
        headers = {"Range": f"bytes={start}-"} if start else {}
        if start and entry.etag:
            headers["If-Range"] = entry.etag
        with self._answer("GET", entry.path, headers) as answer:
            if answer.status_code in _GONE:
                raise DataNotFound(self._shown(entry.path))
            self._check(entry.path, answer.status_code)
            self._check_version(entry, answer.headers)
            skip = 0 if answer.status_code == 206 else start
            with telling(self._shown(entry.path), self.secrets):
                for chunk in answer.raw.stream(_CHUNK, decode_content=True):
                    yield chunk[skip:]
                    skip = max(0, skip - len(chunk))

    @contextmanager
    def _answer(self, method: str, path: str, headers: Mapping[str, str] | None = None) -> Iterator[Any]:
        import requests

        sent = {"Accept-Encoding": "identity", **self.options.get("headers", {}), **(headers or {})}
        if "token" in self.options:
            sent["Authorization"] = f"Bearer {self.options['token']}"
        with telling(self._shown(path), self.secrets), requests.Session() as session:
            answer = session.request(
                method, self._full(path), headers=sent, stream=True, allow_redirects=True,
                timeout=self.options.get("timeout", 60),
            )  # fmt: skip
        with answer:
            yield answer

    def _entry(self, path: str, headers: Mapping[str, str]) -> Entry:
        encoded = headers.get("Content-Encoding", "identity") != "identity"
        length = headers.get("Content-Length", "")
        etag = headers.get("ETag", "")
        return Entry(
            path,
            int(length) if length.isdigit() and not encoded else None,
            _moment(headers.get("Last-Modified", "")),
            etag if etag and not etag.startswith("W/") else None,
        )

    def _check(self, path: str, status: int) -> None:
        if status in (200, 206):
            return
        if status in (401, 403):
            raise DatastoreError(
                f"{self._shown(path)} refuses access (HTTP {status}); register a datastore for it with the option "
                'token={"env": "NAME"}, or headers or query for what the server expects'
            )
        if status in (408, 416, 425, 429) or status >= 500:
            raise TransferFailed(self._shown(path), f"the server answered HTTP {status}")
        raise DatastoreError(f"{self._shown(path)} cannot be read: the server answered HTTP {status}")

    def _check_version(self, entry: Entry, headers: Mapping[str, str]) -> None:
        found = headers.get("ETag")
        if entry.etag and found and found != entry.etag:
            raise TransferFailed(self._shown(entry.path), "the file was replaced while it was read")

    def _full(self, path: str) -> str:
        base, _, query = self.url.partition("?")
        whole = f"{base.rstrip('/')}/{quote(path)}" if path else base
        queries = "&".join(filter(None, [query, str(self.options.get("query", "")).lstrip("?")]))
        return f"{whole}?{queries}" if queries else whole

    def _shown(self, path: str) -> str:
        return f"{self.url.rstrip('/')}/{path}" if path else self.url


def _moment(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError):
        return None

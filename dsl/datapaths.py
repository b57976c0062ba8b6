"""Name data that lives in a datastore or at a URL, without touching it."""

from __future__ import annotations

import re
from typing import final
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import frozen

from .errors import InvalidDataPath

SCHEME = "datastore"
"""The scheme of a data path in a datastore when it is written as text: ``datastore://NAME/PATH``."""

_STORE = r"[A-Za-z][A-Za-z0-9_-]{1,63}"
_URL = r"(?s)[A-Za-z][A-Za-z0-9+.-]*://[^/\s]*/?.*"
_CONFIDENTIAL = r"(?i)(^|[-_])(sig|signature|token|secret|password|key|apikey|code|auth)$"


@final
@frozen(init=False, repr=False)
class DataPath:
    """A file or a folder in a datastore, or at a URL; pass it to a pipeline wherever a ``Path`` is expected.

    ``datastore`` is the datastore's name and ``path`` leads from its root, with ``/`` on every system; ``""`` is all of
    it. At a URL there is no datastore, and ``path`` is the URL; make those by :meth:`from_url`. It is a plain value:
    making one looks nothing up, and it holds no secrets. ``str()`` of it can be read back by :meth:`from_url`.

    Raises InvalidDataPath for a path that leaves the datastore, and for a name that no datastore can have.
    """

    datastore: str
    path: str

    def __init__(self, datastore: str, path: str = "") -> None:
        for what, text in (("the name of a datastore", datastore), ("a path in a datastore", path)):
            if not isinstance(text, str):
                raise InvalidDataPath(repr(text), f"{what} is a text, and this is a {type(text).__name__}")
        if not is_store_name(datastore):
            raise InvalidDataPath(
                datastore, "a datastore's name is 2 to 64 letters, digits, '_' and '-', and begins with a letter"
            )
        self.__attrs_init__(datastore, normalised(path))

    @classmethod
    def from_url(cls, url: str) -> DataPath:
        """Name what a URL leads to: ``https``, ``file``, ``memory``, ``abfs``, ``s3``, ``gs`` and whatever fsspec knows.

        Raises InvalidDataPath for what is no URL, and for a URL with a password or a signature in it: it would be
        written into graphs and into the history.
        """
        if not _is_url(url):
            raise InvalidDataPath(
                str(url), "expected a URL as in 'https://host/file.csv'; for a file here, pass a Path"
            )
        parts = urlsplit(url)
        if parts.scheme == SCHEME:
            return cls(parts.netloc, url.partition("://")[2].partition("/")[2])
        _refuse_secrets(url)
        path: DataPath = cls.__new__(cls)
        path.__attrs_init__("", url.rstrip("/"))
        return path

    @property
    def url(self) -> str | None:
        """The URL, or None where it is a path in a datastore."""
        return None if self.datastore else self.path

    @property
    def name(self) -> str:
        """What the file or folder is called: the last part of the path; the datastore's name for all of it."""
        if self.datastore:
            return self.path.rpartition("/")[2] or self.datastore
        parts = urlsplit(self.path)
        return unquote(parts.path.rstrip("/")).rpartition("/")[2] or parts.netloc or parts.scheme

    def __truediv__(self, path: str) -> DataPath:
        """Return what lies below."""
        if self.datastore:
            return DataPath(self.datastore, f"{self.path}/{normalised(path)}".strip("/"))
        return DataPath.from_url(f"{self.path}/{normalised(path)}")

    def __str__(self) -> str:
        return f"{SCHEME}://{self.datastore}/{self.path}" if self.datastore else self.path

    def __repr__(self) -> str:
        return f"DataPath({self.datastore!r}, {self.path!r})" if self.datastore else f"DataPath.from_url({self.path!r})"

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (DataPath, (self.datastore, self.path)) if self.datastore else (DataPath.from_url, (self.path,))


def is_store_name(name: str) -> bool:
    """Say whether a datastore may have that name: at least two characters, so that none looks like a drive letter."""
    return bool(re.fullmatch(_STORE, name))


def _is_url(text: object) -> bool:
    return isinstance(text, str) and bool(re.fullmatch(_URL, text))


def normalised(path: str) -> str:
    """Return a relative path with single slashes and no dots. Raises InvalidDataPath for one that leads elsewhere."""
    segments = [segment for segment in path.split("/") if segment not in ("", ".")]
    if path.startswith("/"):
        raise InvalidDataPath(path, f"a path in a datastore starts from its root: write {'/'.join(segments)!r}")
    if ".." in segments:
        raise InvalidDataPath(path, "a path in a datastore cannot lead upward ('..')")
    if "\0" in path or "\\" in path:
        raise InvalidDataPath(path, "a path in a datastore is written with '/', and has no '\\' in it")
    return "/".join(segments)


def _refuse_secrets(url: str) -> None:
    parts = urlsplit(url)
    # In abfs://container@account the text before the @ names the container, and is no secret.
    userinfo = parts.netloc.rpartition("@")[0]
    secret = ":" in userinfo or (userinfo and parts.scheme in ("http", "https", "ftp"))
    found = next(
        (name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if re.search(_CONFIDENTIAL, name)), None
    )
    if secret or found:
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        raise InvalidDataPath(
            shown,
            f"the URL carries {f'a secret, {found!r}' if found else 'a user or a password'}, and would be written into "
            "graphs and the history. Register a datastore, and give the secret as an option that names an environment "
            'variable: {"env": "NAME"}',
        )

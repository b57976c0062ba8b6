"""Look at places: a store, and a path in it where there is a file, a folder, or nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from attrs import frozen

from ...compilers.datapaths import InvalidDataPath, normalised
from ..errors import DataNotFound, DatastoreError
from .credentials import Options, resolve
from .entries import Backend, Entry, Writable
from .faults import retrying
from .folders import Folder
from .remote import Remote
from .web import OPTIONS, Web


@frozen
class Place:
    """A path in a store.

    ``name`` is what a file from there is called; ``label`` says in messages where it is; ``origin`` tells stores apart
    that have the same URL, and holds no secret.
    """

    backend: Backend
    path: str
    name: str
    label: str
    origin: str = ""


@frozen
class Found:
    """What is at a place: a file is the only one of ``entries``; of a folder they are all files below, sorted."""

    is_file: bool
    entries: tuple[Entry, ...]

    @property
    def size(self) -> int | None:
        """Bytes of all files together; None where one is not known."""
        sizes = [entry.size for entry in self.entries if entry.size is not None]
        return sum(sizes) if len(sizes) == len(self.entries) else None


_NO_SECRETS: Mapping[str, str] = {}


def open_backend(name: str, url: str, options: Options, unlocked: Mapping[str, str] = _NO_SECRETS) -> Backend:
    """Return what reads and writes at a URL, or in a folder of this machine.

    ``name`` is how messages call it; ``unlocked`` are further options that are secrets. Raises DatastoreError for options that such a place does not have.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if scheme in ("", "file"):
        _only(name, options, (), "a folder takes no options")
        return Folder(_path_of(url) if scheme else Path(url))
    found, secrets = resolve(name, options)
    if scheme in ("http", "https"):
        _only(name, options, OPTIONS, f"a web server takes {', '.join(OPTIONS)}")
        return Web(url, found, secrets)
    return Remote(url, {**found, **unlocked}, (*secrets, *unlocked.values()))


def place_of_url(url: str, name: str) -> Place:
    """Return the place that a URL leads to; who may read it is said by the environment alone."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        path = _path_of(url)
        return Place(Folder(path.parent), path.name, name, url)
    if parts.scheme in ("http", "https"):
        return Place(open_backend(url, url, {}), "", name, url)
    root = f"{parts.scheme}://{parts.netloc}"
    return Place(open_backend(root, root, {}), url[len(root) :].strip("/"), name, url)


def local_place(path: Path) -> Place:
    """Return the place of a file or folder of this machine."""
    whole = Path(path).expanduser().absolute()
    return Place(Folder(whole.parent), whole.name, whole.name, str(whole))


def look(place: Place) -> Found:
    """Say what is at a place. Raises DataNotFound where there is nothing, and whatever the store fails with."""
    entry = retrying(lambda: place.backend.stat(place.path)) if place.path or isinstance(place.backend, Web) else None
    if entry is not None:
        return Found(True, (entry,))
    entries = retrying(lambda: sorted(place.backend.entries(place.path), key=lambda one: one.path))
    if not entries and not _is_folder(place):
        raise DataNotFound(place.label)
    return Found(False, tuple(entries))


def safe_name(name: str, label: str) -> str:
    """Return the path of a file below a place, if it stays below it here too. Raises DatastoreError.

    A store for objects takes any name, ``../../etc/passwd`` as well.
    """
    try:
        safe = normalised(name) == name
    except InvalidDataPath:
        safe = False
    if not safe or not name or (os.name == "nt" and ":" in name):
        raise DatastoreError(f"{label} has a file named {name!r}, which cannot be a file on this machine")
    return name


def writable(place: Place) -> Writable:
    """Return the store of a place to write to. Raises DatastoreError for one that can only be read."""
    if not isinstance(place.backend, Writable):
        raise DatastoreError(f"{place.label} can only be read: nothing can be written to or deleted from a web server")
    return place.backend


def _is_folder(place: Place) -> bool:
    """Say whether an empty place is a folder all the same: one of this machine, or all of a datastore."""
    return isinstance(place.backend, Folder) and (not place.path or place.backend.local(place.path).is_dir())


def _path_of(url: str) -> Path:
    from urllib.request import url2pathname  # 0.02 s, and few paths are URLs

    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise DatastoreError(f"{url} names another machine; a file of this one is file:///path, with three slashes")
    return Path(url2pathname(unquote(parts.path) if "%" in parts.path else parts.path)).expanduser()


def _only(name: str, options: Mapping[str, object], known: tuple[str, ...], rule: str) -> None:
    for option in options:
        if option not in known:
            raise DatastoreError(f"the datastore {name!r} has the option {option!r}, and {rule}")

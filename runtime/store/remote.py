"""Keep artifacts anywhere that fsspec reaches, with a local folder as cache."""

from __future__ import annotations

import json
import posixpath
import time
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..errors import ArtifactNotFound, CorruptArtifact, StoreError
from .artifacts import Held
from .local import LocalStore, is_digest
from .objects import found_below, found_in, last_put
from .objects import size_of as size_there
from .seals import read_seal
from .space import explaining_full_disk
from .staging import staged
from .trees import SEAL, Entry, describe, list_files, size_of
from .writing import NOTHING_HASHED, Hashed

_VERSION = 1

_BROKEN_AFTER = 86_400.0
"""Seconds after which an upload without a seal is given up; the next file of a slow one may take hours."""


def _without_slash(url: str) -> str:
    return url.rstrip("/")


def _cached(cache: Path | LocalStore) -> LocalStore:
    return cache if isinstance(cache, LocalStore) else LocalStore(cache)


@frozen
class RemoteStore:
    """An :class:`ArtifactStore`, :class:`Listing` and :class:`Expiring` at a URL: ``<url>/ab/<digest>/<files>``.

    The seal is uploaded last, and what has none is not there: a broken upload is never seen, and the next one completes
    it. Two machines that put the same artifact write the same bytes. What is read or put stays in ``cache``.

    This is for object stores. A folder on a network share is better opened by its path, as a :class:`LocalStore`: that
    renames, while here a file is for a moment half written.
    """

    url: str = field(converter=_without_slash)
    cache: LocalStore = field(converter=_cached)
    storage_options: Mapping[str, Any] = field(factory=dict, repr=False)

    @property
    def staging(self) -> Path:
        """Where to prepare a folder that is going to be put: in the cache."""
        return self.cache.staging

    def has(self, digest: str) -> bool:
        """Whether there is such an artifact, uploaded completely."""
        if not is_digest(digest):
            return False
        with self._speaking() as files:
            return _read_seal(files, self._seal(digest)) is not None

    def put(self, folder: Path, hashed: Mapping[str, Hashed] = NOTHING_HASHED) -> tuple[str, int]:
        """Move a folder into the cache, and upload it unless it is there already, file by file of the right size."""
        digest, size = self.cache.put(folder, hashed)
        place = self.cache.get(digest)
        seal = read_seal(place, digest)
        entries = seal.entries if seal else describe(place, list_files(place))
        with self._speaking() as files:
            if self._complete(files, digest, entries):
                _write_seal(files, self._seal(digest), entries)  # its time says when the artifact was last put
            else:
                self._upload(files, digest, place, entries)
        return digest, size

    def get(self, digest: str) -> Path:
        """Give a local folder with the artifact's files, downloaded and verified where the cache has not got it.

        An artifact that proves corrupt loses its seal there: from then on it is missing, and will be put again.
        """
        try:
            return self.cache.get(digest)
        except (ArtifactNotFound, CorruptArtifact):
            self._fetch(digest)
        return self.cache.get(digest)

    def delete(self, digest: str) -> None:
        """Forget an artifact here and there: its seal first, so that nobody finds it half deleted."""
        self.cache.delete(digest)
        if not is_digest(digest):
            return
        with self._speaking() as files:
            for path, recursive in ((self._seal(digest), False), (self._place(digest), True)):
                with suppress(FileNotFoundError):
                    files.rm(path, recursive=recursive)

    def digests(self) -> Iterator[str]:
        """Give the digest of every complete artifact, in no order."""
        with self._speaking() as files:
            found = files.glob(f"{self._root()}/*/*/{SEAL}")
        for path in found:
            name = posixpath.basename(posixpath.dirname(path))
            if is_digest(name):
                yield name

    def sweep(self, *, older_than: float = 86_400.0) -> int:
        """Remove leftovers from the cache. Broken uploads are completed by the next put of the same artifact."""
        return self.cache.sweep(older_than=older_than)

    def clock(self) -> float:
        """Give the time, by the clock of the cache. That of an object store differs by seconds at most."""
        return self.cache.clock()

    def held(self, *, besides: Container[str]) -> Iterator[Held]:
        """Describe every artifact whose digest is not in ``besides``, there or in the cache only.

        A broken upload is listed when a day has passed.
        """
        cached = {held.digest: held for held in self.cache.held(besides=besides)}
        with self._speaking() as files:
            there = found_below(files, self._root())
            put = {digest: last_put(files, found) for digest, found in there.items() if digest not in besides}
        for digest, moment in put.items():
            if SEAL in there[digest] or moment < time.time() - _BROKEN_AFTER:
                used = max(moment, cached[digest].used if digest in cached else 0.0)
                yield Held(digest, size_there(there[digest]), used)
        yield from (held for held in cached.values() if held.digest not in there)

    def expire(self, digest: str, *, unused_since: float) -> bool:
        """Remove an artifact that nobody has used at that time or later, here or there.

        Object stores cannot look and delete in one act. Another machine that puts the artifact in the moment between
        finds it missing later, and makes it anew.
        """
        if not is_digest(digest):
            return False
        is_cached = self.cache.has(digest)
        if is_cached and not self.cache.expire(digest, unused_since=unused_since):
            return False
        with self._speaking() as files:
            found = found_in(files, self._place(digest))
            if last_put(files, found) >= unused_since:
                return False
        self.delete(digest)
        return is_cached or bool(found)

    def leftovers(self, *, older_than: float = 86_400.0) -> Sequence[Path]:
        """Give what killed processes left behind in the cache."""
        return self.cache.leftovers(older_than=older_than)

    def _fetch(self, digest: str) -> None:
        if not is_digest(digest):
            raise ArtifactNotFound(digest)
        with self._speaking() as files, explaining_full_disk(self.cache.root), staged(self.staging) as folder:
            entries = _read_seal(files, self._seal(digest))
            if entries is None:
                raise ArtifactNotFound(digest)
            try:
                self._download(files, digest, entries, folder)
                self._admit(folder, digest)
            except CorruptArtifact:
                with suppress(Exception):  # the store may be read-only; what was found counts, not the tidying
                    files.rm(self._seal(digest))
                raise

    def _admit(self, folder: Path, digest: str) -> None:
        found, _ = self.cache.put(folder)
        if found != digest:
            self.cache.delete(found)
            raise CorruptArtifact(digest, f"what {self.url} holds does not add up to its digest")

    def _download(self, files: Any, digest: str, entries: Mapping[str, Entry], folder: Path) -> None:
        names = [name for name in entries if not name.endswith("/")]
        for name in entries:
            (folder / name if name.endswith("/") else (folder / name).parent).mkdir(parents=True, exist_ok=True)
        try:
            files.get([self._file(digest, name) for name in names], [str(folder / name) for name in names])
        except FileNotFoundError as error:
            raise CorruptArtifact(digest, f"a file is missing at {self.url}: {error}") from error
        for name in names:
            (folder / name).chmod(0o555 if entries[name].executable else 0o444)

    def _upload(self, files: Any, digest: str, place: Path, entries: Mapping[str, Entry]) -> None:
        names = [name for name in entries if not name.endswith("/")]
        here, there = [str(place / name) for name in names], [self._file(digest, name) for name in names]
        try:
            _send(files, here, there, seal=self._seal(digest), entries=entries)
        except FileNotFoundError:  # a file system with real folders; object stores have none to make
            for folder in {posixpath.dirname(path) for path in [*there, self._seal(digest)]}:
                files.makedirs(folder, exist_ok=True)
            _send(files, here, there, seal=self._seal(digest), entries=entries)

    def _complete(self, files: Any, digest: str, entries: Mapping[str, Entry]) -> bool:
        if _read_seal(files, self._seal(digest)) != entries:
            return False
        found = files.find(self._place(digest), detail=True)
        return bool(
            sum(info["size"] for path, info in found.items() if not path.endswith(f"/{SEAL}")) == size_of(entries)
        )

    @contextmanager
    def _speaking(self) -> Iterator[Any]:
        """Lend the file system, and say which store failed when it fails."""
        try:
            yield _open(self.url, self.storage_options)
        except StoreError:
            raise
        except ImportError as error:
            raise StoreError(f"{self.url} needs a package that is not installed: {error}") from error
        except Exception as error:  # each file system has exceptions of its own, most with no common base
            raise StoreError(f"the store at {self.url} failed: {type(error).__name__}: {error}") from error

    def _root(self) -> str:
        import fsspec

        return str(fsspec.core.strip_protocol(self.url)).rstrip("/")

    def _place(self, digest: str) -> str:
        return f"{self._root()}/{digest[:2]}/{digest}"

    def _seal(self, digest: str) -> str:
        return f"{self._place(digest)}/{SEAL}"

    def _file(self, digest: str, name: str) -> str:
        return f"{self._place(digest)}/{name}"


def _open(url: str, options: Mapping[str, Any]) -> Any:
    import fsspec

    # Others write to the store too, so what was listed a minute ago says nothing.
    return fsspec.core.url_to_fs(url, **{"use_listings_cache": False, **options})[0]


def _send(files: Any, here: list[str], there: list[str], *, seal: str, entries: Mapping[str, Entry]) -> None:
    """Upload files, and the seal when all of them are there."""
    files.put(here, there)
    _write_seal(files, seal, entries)


def _write_seal(files: Any, path: str, entries: Mapping[str, Entry]) -> None:
    rows = {name: [entry.size, entry.blake3, int(entry.executable)] for name, entry in entries.items()}
    files.pipe_file(path, json.dumps({"version": _VERSION, "files": rows}).encode("ascii"))


def _read_seal(files: Any, path: str) -> dict[str, Entry] | None:
    """Give the entries of an artifact, or None where its upload has not been finished: no seal, or part of one."""
    try:
        document = json.loads(files.cat_file(path))
        return {name: Entry(row[0], row[1], bool(row[2])) for name, row in document["files"].items()}
    except (FileNotFoundError, ValueError, TypeError, KeyError, IndexError, AttributeError):
        return None

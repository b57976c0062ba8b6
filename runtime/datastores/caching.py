"""Keep local copies of remote data: fetched once for each version, by one process for all, and whole.

In the cache's folder: ``content/`` is a :class:`LocalStore`, where each version lies under the digest of its contents and
is verified when it is used; ``index/`` says which version of a place was fetched last; ``parts/`` holds what is being
fetched, so that a process that is killed has not worked in vain.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import final

from attrs import field, frozen
from blake3 import blake3

from ..errors import ArtifactNotFound, CorruptArtifact, TransferFailed
from ..store.local import LocalStore
from ..store.seals import read_seal
from ..store.space import explaining_full_disk
from ..store.staging import remove_tree
from ..store.trees import describe, list_files
from .copies import Copy, read_copy, stamps, write_copy
from .entries import below
from .faults import pause
from .fetching import Fetch
from .locks import locked
from .parallel import Stop, at_once
from .places import Found, Place, look, safe_name
from .progress import bar
from .streams import Advance

_LOOKS = 3
"""How often data are fetched anew that were replaced while they were fetched."""


@final
@frozen
class Cache:
    """Local copies of remote data, in a folder that several processes may use at once."""

    folder: Path = field(converter=Path)

    @property
    def store(self) -> LocalStore:
        """Where the contents are."""
        return LocalStore(self.folder / "content")

    def local(self, place: Place, *, show_progress: bool = False) -> tuple[Path, Copy]:
        """Return a local, read-only copy of a remote file or folder, and what is known of it.

        Raises DataNotFound; TransferFailed where the store cannot be reached, or the data change all the time; and
        DatastoreError for names that no file can have here.
        """
        found = look(place)
        ready = self._ready(place, found)
        if ready is not None:
            return ready
        parts = self.folder / "parts" / _key(place)
        with locked(parts.with_name(f"{parts.name}.lock")) as alone:
            ready = self._ready(place, found)  # another process may have fetched it while this one waited
            if ready is None:
                own = parts if alone else parts.with_name(f"{parts.name}-{os.urandom(6).hex()}")
                ready = self._fetched(place, found, own, show_progress=show_progress)
        return ready

    def sweep(self, *, unused_for: float) -> int:
        """Remove what nobody has used for so many seconds, a day at the least; say how many copies that were."""
        horizon = time.time() - unused_for
        stale = [path for path in self.folder.glob("index/*.json") if path.stat().st_mtime < horizon]
        for path in stale:
            path.unlink(missing_ok=True)
        copies = [read_copy(path) for path in self.folder.glob("index/*.json")]
        kept = {copy.digest for copy in copies if copy is not None}
        for digest in [one for one in self.store.digests() if one not in kept]:
            if (self.store.root / digest[:2] / digest).stat().st_mtime < horizon:
                self.store.delete(digest)
        for parts in [path for path in self.folder.glob("parts/*") if path.is_dir() and path.stat().st_mtime < horizon]:
            remove_tree(parts)
        self.store.sweep(older_than=unused_for)
        return len(stale)

    def _ready(self, place: Place, found: Found) -> tuple[Path, Copy] | None:
        copy = read_copy(self._index(place))
        content = self._content(copy)
        if copy is None or content is None or not copy.is_of(found, place.path):
            return None
        with suppress(OSError):  # the time says when it was used last; a cache that is read-only serves as well
            os.utime(self._index(place))
        return content / place.name, copy

    def _index(self, place: Place) -> Path:
        return self.folder / "index" / f"{_key(place)}.json"

    def _content(self, copy: Copy | None) -> Path | None:
        if copy is None:
            return None
        try:
            return self.store.get(copy.digest)
        except (ArtifactNotFound, CorruptArtifact):  # it is fetched again, and heals
            return None

    def _fetched(self, place: Place, found: Found, parts: Path, *, show_progress: bool) -> tuple[Path, Copy]:
        """Fetch a place, and anew where it was replaced meanwhile: no file may be half of one version, half of another."""
        for attempt in range(_LOOKS):
            failure = None
            with explaining_full_disk(self.folder), bar(place.name, found.size, shown=show_progress) as advance:
                try:
                    result = self._fetch(place, found, parts, advance)
                except TransferFailed as error:
                    failure = error
            now = look(place)
            if stamps(now, place.path) == stamps(found, place.path):
                if failure:
                    raise failure
                return result
            found = now
            pause(attempt)
        raise TransferFailed(place.label, f"the data were replaced {_LOOKS} times while they were fetched")

    def _fetch(self, place: Place, found: Found, parts: Path, advance: Advance) -> tuple[Path, Copy]:
        earlier = read_copy(self._index(place))
        stop = Stop()
        fetch = Fetch(place, found, parts, earlier, self._content(earlier), stop.checked(advance))
        names = ["" if found.is_file else below(entry, place.path) for entry in found.entries]
        safe_name(place.name, place.label)
        tree = fetch.assemble(dict(zip(names, at_once(fetch.file, found.entries, stop), strict=True)))
        digest, _ = self.store.put(tree)
        content = self.store.get(digest)
        copy = Copy(found.is_file, stamps(found, place.path), self._contents(content, digest), digest)
        write_copy(self._index(place), copy)
        remove_tree(parts)
        return content / place.name, copy

    def _contents(self, content: Path, digest: str) -> dict[str, str]:
        """Return the blake3 of each file, by its path below the place; the store has hashed them all."""
        seal = read_seal(content, digest)
        entries = seal.entries if seal else describe(content, list_files(content))
        return {name.partition("/")[2]: entry.blake3 for name, entry in entries.items() if not name.endswith("/")}


def _key(place: Place) -> str:
    """Identify a place: what is called alike in another store is something else."""
    return blake3(json.dumps([place.backend.url, place.origin, place.path, place.name]).encode()).hexdigest()

"""Fetch the files of one place into a folder; what was fetched before a failure or a kill is not fetched again."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import final

from attrs import frozen
from blake3 import blake3

from ..errors import DatastoreError, TransferFailed
from .checksums import kind_of
from .copies import Copy
from .entries import Entry, below
from .folders import Folder
from .places import Found, Place, safe_name
from .streams import Advance, unbroken


@final
@frozen
class Fetch:
    """The fetching of a place. ``parts`` is its own folder; ``earlier`` is the version before, lying in ``content``."""

    place: Place
    found: Found
    parts: Path
    earlier: Copy | None
    content: Path | None
    advance: Advance

    def file(self, entry: Entry) -> Path:
        """Fetch one file, and return where it lies."""
        # Only a version that has a stamp can be told from another, and be finished later.
        key = json.dumps([entry.path, entry.stamp or os.urandom(16).hex()])
        done = self.parts / "done" / blake3(key.encode()).hexdigest()
        if done.exists():
            self.advance(done.stat().st_size)
            return done
        part = self.parts / "part" / done.name
        for folder in (done.parent, part.parent):
            folder.mkdir(parents=True, exist_ok=True)
        if not self._taken_over(entry, part):
            self._download(entry, part)
        part.replace(done)
        return done

    def assemble(self, done: dict[str, Path]) -> Path:
        """Move fetched files, by their names below the place, to where they belong; return the folder with them."""
        tree = self.parts / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        (tree if self.found.is_file else tree / self.place.name).mkdir(parents=True)
        for name, file in done.items():
            where = tree / self.place.name / safe_name(name, self.place.label) if name else tree / self.place.name
            try:
                where.parent.mkdir(parents=True, exist_ok=True)
                file.replace(where)
            except OSError as error:
                raise DatastoreError(
                    f"{self.place.label}: {name or self.place.name!r} cannot be a file on this machine: {error.strerror}"
                ) from error
        return tree

    def _taken_over(self, entry: Entry, part: Path) -> bool:
        """Copy a file from the version before, if it is the same one there."""
        name = "" if self.found.is_file else below(entry, self.place.path)
        if self.earlier is None or self.content is None or entry.stamp is None:
            return False
        if self.earlier.is_file != self.found.is_file or self.earlier.stamps.get(name) != entry.stamp:
            return False
        shutil.copyfile(self.content / self.place.name / name, part)
        self.advance(entry.size or 0)
        return True

    def _download(self, entry: Entry, part: Path) -> None:
        begun = part.stat().st_size if part.exists() else 0
        start = begun if entry.size is not None and begun <= entry.size else 0
        self._append(entry, part, start)
        if start and not self._is_whole(entry, part):  # what was there before was not the beginning of it
            self.advance(-(entry.size or 0))
            self._append(entry, part, 0)
        if not self._is_whole(entry, part):
            part.unlink()
            raise TransferFailed(
                self.place.label,
                f"{entry.path} does not add up to the checksum that was recorded when it was uploaded; upload it again",
            )

    def _append(self, entry: Entry, part: Path, start: int) -> None:
        self.advance(start)
        passed = start
        with part.open("ab" if start else "wb") as file:
            try:
                for chunk in unbroken(self.place.backend, entry, start):
                    file.write(chunk)
                    passed += len(chunk)
                    self.advance(len(chunk))
            except BaseException:
                self.advance(-passed)
                raise

    def _is_whole(self, entry: Entry, part: Path) -> bool:
        """Say whether a file has the recorded contents. What S3 reports may be no hash of them, and refutes nothing."""
        if entry.checksum is None or kind_of(entry.checksum) != "blake3":
            return True
        return Folder(part.parent).checksum(part.name) == entry.checksum

"""Remember which version of which remote data lies in the cache: one small file for each place."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from attrs import asdict, frozen

from .entries import below
from .places import Found


@frozen
class Copy:
    """A version of a place that was fetched.

    ``stamps`` tell for each file, by its path below the place, which version it is; None where the store does not say.
    ``contents`` are the blake3 of each file, ``digest`` is where the cache's store keeps them all.
    """

    is_file: bool
    stamps: Mapping[str, str | None]
    contents: Mapping[str, str]
    digest: str

    def is_of(self, found: Found, path: str) -> bool:
        """Say whether it is what is at the place now, as far as the store tells."""
        return self.is_file == found.is_file and self.stamps == stamps(found, path) and None not in self.stamps.values()


def stamps(found: Found, path: str) -> dict[str, str | None]:
    """Return which version each file at a place is, by its path below; a file by itself has the path ``""``."""
    return {"" if found.is_file else below(entry, path): entry.stamp for entry in found.entries}


def read_copy(file: Path) -> Copy | None:
    """Read what was remembered; None where there is nothing, or nothing that can be read."""
    try:
        document = json.loads(file.read_bytes())
        return Copy(
            bool(document["is_file"]), dict(document["stamps"]), dict(document["contents"]), str(document["digest"])
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_copy(file: Path, copy: Copy) -> None:
    """Remember a copy, in one go: others may be reading."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}-{os.getpid()}-{os.urandom(6).hex()}")
    try:
        part.write_text(json.dumps(asdict(copy)), encoding="utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)

"""Find out which installed distribution owns a file, and identify it with all that it requires."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from .encoding import joined, seal, text

_REQUIREMENT = r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)"


def normalised(name: str) -> str:
    """Write a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


@frozen(eq=False, repr=False)
class Distribution:
    """An installed distribution: where its metadata are, and what they say."""

    name: str
    version: str
    folder: str
    """The ``.dist-info`` or ``.egg-info`` folder."""
    requires: tuple[str, ...]
    """Normalised names of what it requires without extras."""

    @property
    def site(self) -> str:
        """The folder that the distribution's files are relative to."""
        return os.path.dirname(self.folder)


class Distributions:
    """The distributions on the import path, read when a file is asked for."""

    def __init__(self, *, strict: bool = False) -> None:
        self.strict = strict
        self._sites: dict[str, dict[str, str]] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        self._read: dict[str, Distribution] = {}
        self._records: dict[str, str | None] = {}

    def owner(self, file: str) -> Distribution | None:
        """Return the distribution whose RECORD lists a file (given by its real path)."""
        folder = os.path.dirname(file)
        if folder not in self._above:
            self._above[folder] = tuple(self._sites_above(folder))
        for site in self._above[folder]:
            relative = os.path.relpath(file, site).replace(os.sep, "/")
            for folder in self._candidates(site, relative):
                if self._lists(folder, relative):
                    return self._distribution(folder)
        return None

    def by_name(self, name: str) -> Distribution | None:
        """Return an installed distribution by its name, the first on the import path."""
        for entry in sys.path:
            folder = self._site(os.path.realpath(entry or os.getcwd())).get(normalised(name))
            if folder is not None:
                return self._distribution(folder)
        return None

    def every(self) -> list[Distribution]:
        """Return all installed distributions by name."""
        folders: dict[str, str] = {}
        for entry in reversed(sys.path):
            folders.update(self._site(os.path.realpath(entry or os.getcwd())))
        return [self._distribution(folders[name]) for name in sorted(folders)]

    def identity(self, distribution: Distribution) -> bytes:
        """Digest a distribution's name, version and recorded contents."""
        contents = self._contents(distribution) if self.strict else self._recorded(distribution)
        return seal("distribution", text(distribution.name), text(distribution.version), contents)

    def _recorded(self, distribution: Distribution) -> bytes:
        """Return the hashes in RECORD of the files that are imported: not of scripts or metadata, which name this machine."""
        lines = (self._record(distribution.folder) or "").splitlines()
        return joined(text(line) for line in sorted(lines) if "sha256=" in line and _is_code(line.partition(",")[0]))

    def _contents(self, distribution: Distribution) -> bytes:
        lines = (self._record(distribution.folder) or "").splitlines()
        files = sorted(name for line in lines if _is_code(name := line.rpartition(",")[0].rpartition(",")[0]))
        return joined(part for name in files for part in (text(name), _bytes(os.path.join(distribution.site, name))))

    def _sites_above(self, folder: str) -> Iterator[str]:
        while folder != os.path.dirname(folder):
            if self._site(folder):
                yield folder
            folder = os.path.dirname(folder)

    def _site(self, folder: str) -> dict[str, str]:
        """Return the metadata folders directly inside a folder, by normalised name."""
        if folder not in self._sites:
            self._sites[folder] = dict(_metadata_folders(folder))
        return self._sites[folder]

    def _candidates(self, site: str, relative: str) -> list[str]:
        """Return all metadata folders of a site, the likeliest owner of a file first."""
        folders = self._site(site)
        top = normalised(relative.partition("/")[0].partition(".")[0])
        return [folders[top], *folders.values()] if top in folders else list(folders.values())

    def _lists(self, folder: str, relative: str) -> bool:
        record = self._record(folder)
        if record is not None:
            return f"\n{relative}," in record or f'\n"{relative}",' in record
        return os.path.basename(os.path.dirname(folder)) in {"site-packages", "dist-packages"} and _egg_lists(
            folder, relative
        )

    def _record(self, folder: str) -> str | None:
        if folder not in self._records:
            found = _text(os.path.join(folder, "RECORD"))
            self._records[folder] = None if found is None else "\n" + found.replace("\r\n", "\n")
        return self._records[folder]

    def _distribution(self, folder: str) -> Distribution:
        if folder not in self._read:
            self._read[folder] = _read_metadata(folder)
        return self._read[folder]


def _metadata_folders(folder: str) -> Iterator[tuple[str, str]]:
    try:
        names = sorted([name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info"))])
    except OSError:
        return
    for name in names:
        stem, kind = os.path.splitext(name)
        if kind:
            yield normalised(stem.partition("-")[0]), os.path.join(folder, name)


def _read_metadata(folder: str) -> Distribution:
    place = folder if os.path.isfile(folder) else os.path.join(folder, "METADATA")
    data = _text(place) or _text(os.path.join(folder, "PKG-INFO")) or ""
    fields = [line.partition(":") for line in data.partition("\n\n")[0].splitlines()]
    stem = os.path.splitext(os.path.basename(folder))[0].split("-")
    name = next((value.strip() for key, _, value in fields if key == "Name"), stem[0])
    version = next((value.strip() for key, _, value in fields if key == "Version"), "-".join(stem[1:2]))
    wanted = [value for key, _, value in fields if key == "Requires-Dist" and not re.search(r"\bextra\s*==", value)]
    matches = [match for value in wanted if (match := re.match(_REQUIREMENT, value))]
    return Distribution(normalised(name), version, folder, tuple(sorted({normalised(match[1]) for match in matches})))


def _egg_lists(folder: str, relative: str) -> bool:
    """Tell whether an installation without RECORD, as Linux distributions make, owns a file by its top-level name."""
    tops = (_text(os.path.join(folder, "top_level.txt")) or "").split()
    return relative.partition("/")[0].partition(".")[0] in tops


def _is_code(name: str) -> bool:
    return not name.startswith(("..", "/")) and ".dist-info/" not in name and not name.endswith(".pyc") and bool(name)


def _text(file: str) -> str | None:
    try:
        return Path(file).read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def _bytes(file: str) -> bytes:
    try:
        return seal("file", Path(file).read_bytes())
    except OSError:
        return b"missing"

"""Offer a datastore to people: upload to it, download from it, look into it, name data in it."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias, final

from attrs import field, frozen

from ...compilers.datapaths import DataPath, InvalidDataPath, is_store_name, normalised
from ..errors import DataNotFound, DatastoreError
from .credentials import Options, check_options
from .entries import Backend, Entry
from .faults import retrying
from .parallel import at_once
from .places import Place, local_place, look, open_backend, safe_name, writable
from .transfers import Transfer, Transferred, transfer

AnyPath: TypeAlias = "str | os.PathLike[str]"


def _ready() -> None:
    """Need no preparation."""


def _nothing() -> Mapping[str, str]:
    """Need no secret."""
    return {}


@final
@frozen(slots=False)
class Datastore:
    """A named location of files: a folder, a container in Azure, a bucket, a web server.

    ``url`` is a path or a URL; ``options`` go to what reads there, and name environment variables instead of holding
    secrets. Nothing is looked up before it is used. Raises DatastoreError for a wrong name, URL or option.
    """

    name: str = field()
    url: str = field()
    options: Options = field(factory=dict, repr=False, hash=False)
    prepare: Callable[[], object] = field(default=_ready, repr=False, eq=False)
    """What is done before the first file is written."""
    unlock: Callable[[], Mapping[str, str]] = field(default=_nothing, repr=False, eq=False)
    """Gives further options that are secrets, when and where the store is used. They are never kept."""

    @name.validator
    def _check_name(self, _attribute: object, name: object) -> None:
        if not isinstance(name, str) or not is_store_name(name):
            raise DatastoreError(
                f"{name!r} cannot be a datastore's name: expected 2 to 64 letters, digits, '_' and '-', a letter first"
            )

    @url.validator
    def _check_url(self, _attribute: object, url: object) -> None:
        if not isinstance(url, str) or not url.strip():
            raise DatastoreError(f"the datastore {self.name!r} needs a path or a URL, and got {url!r}")
        if "://" in url:
            try:
                DataPath.from_url(url)
            except InvalidDataPath as error:
                raise DatastoreError(f"the datastore {self.name!r}: {error}") from None

    def __attrs_post_init__(self) -> None:
        check_options(self.name, self.options)

    def path(self, path: str = "") -> DataPath:
        """Name a file or folder in it, for a pipeline or a copy; it need not exist. ``""`` is all of it."""
        return DataPath(self.name, path)

    def list(self, prefix: str = "") -> tuple[Entry, ...]:
        """Describe every file below a folder, sorted by path; a file has itself as its only one.

        Raises DataNotFound where there is nothing of that path.
        """
        return look(self.place(prefix)).entries

    def exists(self, path: str) -> bool:
        """Say whether there is a file or a folder."""
        try:
            look(self.place(path))
        except DataNotFound:
            return False
        return True

    def upload_files(
        self,
        files: Iterable[AnyPath],
        target_path: str = "",
        *,
        relative_root: AnyPath | None = None,
        overwrite: bool = False,
        show_progress: bool = True,
    ) -> DataPath:
        """Upload files (folders with all that is in them) below ``target_path``, and return that path.

        They keep their paths from ``relative_root`` on, by default the folder that all of them have in common. What is
        there already with the same contents is skipped, so doing it again finishes what was broken off. Raises
        DataExists, and uploads nothing, where other contents are there and ``overwrite`` is not said.
        """
        chosen = [Path(file).expanduser().absolute() for file in _listed(files)]
        root = Path(relative_root).expanduser().absolute() if relative_root is not None else _common(chosen)
        folder, place = normalised(target_path), self.place(target_path)
        target = writable(place)
        planned = []
        for file in chosen:
            source = local_place(file)
            for entry in look(source).entries:
                name = _from_root(file.parent / entry.path, root)
                planned.append(Transfer(source.backend, entry, target, f"{folder}/{name}".lstrip("/")))
        self.prepare()
        transfer(planned, overwrite=overwrite, label=f"uploading to {self.name}", show_progress=show_progress)
        return DataPath(self.name, folder)

    def upload(
        self, folder: AnyPath, target_path: str = "", *, overwrite: bool = False, show_progress: bool = True
    ) -> DataPath:
        """Upload what is in a folder (or a file) below ``target_path``; see :meth:`upload_files`."""
        source = Path(folder).expanduser().absolute()
        root = source if source.is_dir() else source.parent
        return self.upload_files(
            [source], target_path, relative_root=root, overwrite=overwrite, show_progress=show_progress
        )

    def download(
        self, target: AnyPath, prefix: str = "", *, overwrite: bool = False, show_progress: bool = True
    ) -> Transferred:
        """Download a file, a folder or all into a local folder, where files keep their paths in the datastore.

        What is there already with the same contents is skipped. Raises DataNotFound, and DataExists like
        :meth:`upload_files`.
        """
        place, here = self.place(prefix), local_place(Path(target))
        planned = [
            Transfer(
                place.backend, entry, writable(here), f"{here.path}/{safe_name(entry.path or place.name, place.label)}"
            )
            for entry in look(place).entries
        ]
        return transfer(planned, overwrite=overwrite, label=f"downloading {place.name}", show_progress=show_progress)

    def delete(self, path: str) -> int:
        """Delete a file, or a folder with all that is in it; say how many files that were. Raises DataNotFound."""
        if not normalised(path):
            raise DatastoreError(f"name what to delete in the datastore {self.name!r}: all of it is refused")
        place = self.place(path)
        found = look(place)
        store = writable(place)
        at_once(lambda entry: retrying(lambda: store.delete([entry.path])), found.entries)
        return len(found.entries)

    def place(self, path: str = "") -> Place:
        """Return a place in it, for what moves bytes. Raises DatastoreError where an option's variable is not set."""
        found = self.path(path)
        return Place(self._backend, found.path, found.name, str(found), self._origin)

    @functools.cached_property
    def _backend(self) -> Backend:
        return open_backend(self.name, self.url, self.options, self.unlock())

    @property
    def _origin(self) -> str:
        return json.dumps(self.options, sort_keys=True, default=dict)

    def __getstate__(self) -> dict[str, object]:
        # What is open stays here, and so do the secrets: they are looked up anew where it is used.
        kept = ("name", "url", "options", "prepare", "unlock")
        return {name: getattr(self, name) for name in kept}

    def __setstate__(self, state: Mapping[str, object]) -> None:
        self.__dict__.update(state)


def _listed(files: Iterable[AnyPath]) -> Sequence[AnyPath]:
    if isinstance(files, str | os.PathLike):
        raise DatastoreError(f"upload_files takes several paths, as in [{os.fspath(files)!r}]; a folder goes to upload")
    chosen = tuple(files)
    if not chosen:
        raise DatastoreError("upload_files was given no files")
    return chosen


def _common(files: Sequence[Path]) -> Path:
    try:
        common = Path(os.path.commonpath(files))
    except ValueError:
        raise DatastoreError(
            "the files lie on different drives, and have no folder in common: name relative_root"
        ) from None
    # One file, or one folder: its name is kept.
    return common.parent if common in files else common


def _from_root(file: Path, root: Path) -> str:
    try:
        return file.relative_to(root).as_posix()
    except ValueError:
        raise DatastoreError(f"{file} does not lie below relative_root {root}") from None

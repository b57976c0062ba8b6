"""Find the datastores of a workspace: those that its configuration names, those that were registered, and its own."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol, final

from attrs import frozen

from ..errors import DatastoreError, DatastoreNotFound
from . import records
from .caching import Cache
from .credentials import Options
from .datastores import Datastore

OWN = "workspace"
"""The datastore that every workspace has: a folder of its own."""

_NO_OPTIONS = frozenset({"url", "default"})
"""What a datastore's table in the configuration holds beside options."""


class HasDatastores(Protocol):
    """The part of the configuration that names datastores: a table for each, by name."""

    @property
    def datastores(self) -> Mapping[str, Mapping[str, object]]: ...


class Home(Protocol):
    """What datastores need of a workspace."""

    @property
    def root(self) -> Path: ...

    @property
    def folder(self) -> Path: ...

    @property
    def settings(self) -> HasDatastores: ...

    def prepare(self) -> None: ...


@final
@frozen
class Datastores(Mapping[str, Datastore]):
    """The datastores of a workspace, by name. Each look-up reads what is there now, so other processes are seen.

    A name in the configuration goes before a registered one.
    """

    home: Home

    def __getitem__(self, name: str) -> Datastore:
        """Return a datastore. Raises DatastoreNotFound, which is a KeyError."""
        known = self._known()
        if name not in known:
            raise DatastoreNotFound(name, tuple(known))
        return self._made(name, *known[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def register(
        self, name: str, url: str | os.PathLike[str], *, overwrite: bool = False, **options: object
    ) -> Datastore:
        """Keep a datastore in the workspace, for every process from now on, and return it. Nothing is looked up.

        ``url`` is a folder (relative to the workspace's root) or a URL; ``options`` go to what reads there, with
        ``{"env": "NAME"}`` in place of a secret. Registering the same again changes nothing. Raises DatastoreError for
        what cannot be kept, and for a name that is taken, unless ``overwrite`` is said.
        """
        store = self._made(name, os.fspath(url), options)
        taken = next((known for known in self._fixed() if known.casefold() == name.casefold()), None)
        if taken is not None:
            where = "is the workspace's own" if taken == OWN else "is set in the configuration; change it there"
            raise DatastoreError(f"the datastore {taken!r} {where}, and cannot be registered")
        self.home.prepare()
        if not records.write(self._records, name, os.fspath(url), options, overwrite=overwrite):
            known = self._known()
            if known.get(name) != (os.fspath(url), options):
                raise DatastoreError(
                    f"a datastore {name!r} is registered already, with another URL, other options, or in other letters; "
                    "say overwrite=True to replace it"
                )
        return store

    def unregister(self, name: str) -> None:
        """Forget a registered datastore; the data stay. Raises DatastoreNotFound, and DatastoreError for any other."""
        if name in self._fixed():
            where = "belongs to the workspace" if name == OWN else "is set in the configuration; take it out there"
            raise DatastoreError(f"the datastore {name!r} {where}")
        if name not in self._known() or not records.remove(self._records, name):
            raise DatastoreNotFound(name, tuple(self._known()))

    @property
    def default(self) -> Datastore:
        """The one that is configured with ``default = true``, else the one that was chosen, else the workspace's own."""
        chosen = self._configured_default() or records.read_default(self._records) or OWN
        return self[chosen]

    def set_default(self, name: str) -> None:
        """Choose the default, for every process from now on. Raises DatastoreNotFound, DatastoreError if it is configured."""
        fixed = self._configured_default()
        if fixed is not None and fixed != name:
            raise DatastoreError(f"the configuration makes {fixed!r} the default datastore; change it there")
        if name not in self._known():
            raise DatastoreNotFound(name, tuple(self._known()))
        self.home.prepare()
        records.write_default(self._records, name)

    def is_registered(self, name: str) -> bool:
        """Say whether a datastore was registered, and can be unregistered."""
        return name in self and name not in self._fixed()

    @property
    def cache(self) -> Cache:
        """Where local copies of remote data are kept."""
        return Cache(self.home.folder / "cache" / "data")

    @property
    def _records(self) -> Path:
        return self.home.folder / "datastores"

    def _fixed(self) -> dict[str, tuple[str, Options]]:
        own: dict[str, tuple[str, Options]] = {OWN: (str(self.home.folder / "data"), {})}
        return {**own, **{name: self._configured(name, table) for name, table in self._tables().items()}}

    def _known(self) -> dict[str, tuple[str, Options]]:
        return {**records.read_all(self._records), **self._fixed()}

    def _tables(self) -> Mapping[str, Mapping[str, object]]:
        return self.home.settings.datastores

    def _configured(self, name: str, table: Mapping[str, object]) -> tuple[str, Options]:
        if not isinstance(table.get("url"), str):
            raise DatastoreError(
                f"the datastore {name!r} in the configuration needs a url: a folder, or a URL, as text; got {table.get('url')!r}"
            )
        return str(table["url"]), {key: value for key, value in table.items() if key not in _NO_OPTIONS}

    def _configured_default(self) -> str | None:
        marked = [name for name, table in self._tables().items() if table.get("default") is True]
        if len(marked) > 1:
            raise DatastoreError(f"the configuration makes several datastores the default: {', '.join(marked)}")
        return marked[0] if marked else None

    def _made(self, name: str, url: str, options: Options) -> Datastore:
        where = url if "://" in url or not url.strip() else str(self.home.root / Path(url).expanduser())
        return Datastore(name, where, options, self.home.prepare)

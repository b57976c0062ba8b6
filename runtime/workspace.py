"""Find the workspace of a project: where its history, its artifacts and the folders of its runs are."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, final

from attrs import field, frozen

from .. import runtime
from ..compilers.roots import project_root
from . import datastores as data
from . import endpoints as published
from . import facts
from . import history as remembered
from .configuration import FOLDER, OWN_FILE, SHARED_FILE, Settings, settings_in, settings_upward
from .errors import WorkspaceError, WorkspaceNotFound
from .retention import GRACE, Cleaning, Progress, Retention, silent

if TYPE_CHECKING:
    from .cleaned import Cleaned
    from .datastores import Datastore, Datastores
    from .endpoints import Registry
    from .history import History, Recorder, Session

VARIABLE = "PENSTOCK_WORKSPACE"
"""The environment variable that names the root where the code names none."""

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def _absolute(root: str | os.PathLike[str]) -> Path:
    return Path(root).expanduser().absolute()


@final
@frozen(slots=False)
class Workspace:
    """A project's root and its settings, and what follows from them. Nothing is written before something is kept."""

    root: Path = field(converter=_absolute)
    settings: Settings = field(factory=Settings)

    @classmethod
    def from_config(cls, path: str | os.PathLike[str] | None = None) -> Workspace:
        """Find the configuration in a folder or above it; without one, in the working folder or above it.

        ``path`` may name the file itself. Raises WorkspaceNotFound when there is none, WorkspaceError when it is wrong.
        """
        start = _start(path)
        found = settings_upward(start)
        if found is None:
            raise WorkspaceNotFound(str(start))
        return cls(*found)

    @classmethod
    def open(cls, path: Workspace | str | os.PathLike[str] | None = None) -> Workspace:
        """Open a folder as a workspace, configured or not.

        Without ``path``: the nearest configuration upward of the working folder, else the project's root, which is the
        nearest folder upward with a pyproject.toml, a .git or the like, else the working folder itself. A ``path``, or
        the environment variable ``PENSTOCK_WORKSPACE``, names the root; a workspace is given back as it is. Raises
        WorkspaceError for a wrong configuration.
        """
        if isinstance(path, Workspace):
            return path
        if path is not None or os.environ.get(VARIABLE):
            root = _start(path)
            return cls(root, settings_in(root) or Settings())
        start = _start(None)
        root, settings = settings_upward(start) or (project_root(start), Settings())
        return cls(root, settings)

    @property
    def name(self) -> str:
        """The name that is set, or that of the root folder."""
        return self.settings.name or self.root.name or "penstock"

    @property
    def folder(self) -> Path:
        """The folder that holds whatever has no place of its own: ``.penstock``."""
        return self.root / Path(self.settings.folder).expanduser()

    @property
    def store_location(self) -> str | Path:
        """Where artifacts are kept: a path or a URL."""
        return self._location(self.settings.store, "store")

    @property
    def cache_folder(self) -> Path:
        """Where artifacts are kept that were read from a store elsewhere."""
        return self.folder / "cache"

    @property
    def history_location(self) -> str | Path:
        """Where the history is kept: the path of an SQLite file, or a URL."""
        return self._location(self.settings.history, "history.db")

    @functools.cached_property
    def history(self) -> History:
        """The runs of this workspace. Reading them makes no file."""
        return remembered.History(functools.partial(remembered.connect_to_read, self.history_location))

    @functools.cached_property
    def database(self) -> Session:
        """The history's database, for what writes there beside runs: endpoints, tokens, schedules, requests."""
        return remembered.Session(functools.partial(remembered.connect, self.history_location, self.prepare))

    @property
    def endpoints(self) -> Registry:
        """What is published here: endpoints and their versions, as records. :class:`penstock.Endpoint` calls them."""
        return published.Registry(self.database)

    @property
    def datastores(self) -> Datastores:
        """The named locations of data, by name; each workspace has one in its folder, called ``workspace``."""
        return data.Datastores(self)

    def register_datastore(
        self, name: str, url: str | os.PathLike[str], *, overwrite: bool = False, **options: object
    ) -> Datastore:
        """Keep a datastore in this workspace and return it; see :meth:`Datastores.register`."""
        return self.datastores.register(name, url, overwrite=overwrite, **options)

    def get_default_datastore(self) -> Datastore:
        """Return the datastore to use where none is named."""
        return self.datastores.default

    def set_default_datastore(self, name: str) -> None:
        """Choose the datastore to use where none is named. Raises DatastoreNotFound."""
        self.datastores.set_default(name)

    def recorder(self) -> Recorder:
        """Return a listener that writes one run after another into the history, with facts about code and machine."""
        return remembered.Recorder(
            functools.partial(remembered.connect, self.history_location, self.prepare),
            facts=functools.partial(facts.collect, self.root),
            packages=facts.packages,
            on_problem=remembered.announce,
        )

    def run_folder(self, run_id: str) -> Path:
        """Return the folder of a run's logs, figures and other files. It need not exist."""
        return self.folder / "runs" / run_id

    def new_run(self, now: float | None = None) -> str:
        """Make the folder of a new run and return the run's id, which no other process has been given.

        Raises WorkspaceError when the folder cannot be made.
        """
        self.prepare()
        moment = time.time() if now is None else now
        while True:
            run_id = remembered.new_run_id(moment)
            if self._made(self.run_folder(run_id)):
                return run_id

    def prepare(self) -> None:
        """Make the workspace's folder, which git ignores. Raises WorkspaceError when that is not possible."""
        made = self._made(self.folder)
        ignore = self.folder / ".gitignore"
        if (made or self.folder.name == FOLDER) and not ignore.exists():
            with self._writing(ignore):
                ignore.write_text("*\n", encoding="ascii")

    def clean(
        self,
        *,
        keep_runs: int | None = None,
        older_than: float | timedelta | None = None,
        grace: float | timedelta = GRACE,
        dry_run: bool = False,
        sole_user: bool = False,
        progress: Progress = silent,
    ) -> Cleaned:
        """Remove what no kept run needs, and never what a running run holds; say what was removed.

        All runs are kept unless ``keep_runs`` or ``older_than`` say otherwise: the first keeps the newest completed runs
        of each pipeline and whatever began after them, the second what ended within that time (seconds, or a timedelta);
        with both, a run that either keeps stays. What was used within ``grace`` seconds stays, for runs that are about
        to begin. ``dry_run`` removes nothing. ``sole_user`` says that no history but this one uses the store, which must
        be said where only the store lies outside of the project. ``progress`` hears what is done, and how much of it.

        Raises HistoryError, StoreError, and WorkspaceError for a wrong value.
        """
        retention = Retention(keep_runs, older_than)
        return runtime.clean(self, Cleaning(retention, grace, dry_run, sole_user, progress))

    def _location(self, setting: str | None, default: str) -> str | Path:
        if setting is None:
            return self.folder / default
        return setting if _URL.match(setting) else self.root / Path(setting).expanduser()

    def _made(self, folder: Path) -> bool:
        """Make a folder; tell whether it is new."""
        with self._writing(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            try:
                folder.mkdir()
            except FileExistsError:
                if not folder.is_dir():
                    raise
                return False
        return True

    @contextlib.contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        """Turn an error of the file system into one about the workspace."""
        try:
            yield
        except OSError as error:
            raise WorkspaceError(
                f"the workspace {self.name!r} cannot write {path}: {error.strerror or error}. Allow writing there, or set "
                f"`folder` in {OWN_FILE}, or name another root in {VARIABLE}"
            ) from error

    def __reduce__(self) -> tuple[type[Workspace], tuple[Path, Settings]]:
        return Workspace, (self.root, self.settings)


def _start(path: str | os.PathLike[str] | None) -> Path:
    """Return the folder that is meant, which may not exist yet. Raises WorkspaceError for a file that is no configuration."""
    given = path if path is not None else os.environ.get(VARIABLE) or "."
    folder = Path(given).expanduser().resolve()
    if folder.is_file() and folder.name in (OWN_FILE, SHARED_FILE):
        return folder.parent
    if folder.exists() and not folder.is_dir():
        origin = f"{VARIABLE}=" if path is None and os.environ.get(VARIABLE) else ""
        raise WorkspaceError(
            f"{origin}{os.fspath(given)} is no workspace: expected a folder, or a {OWN_FILE} or {SHARED_FILE}"
        )
    return folder

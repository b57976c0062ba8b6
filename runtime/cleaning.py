"""Remove from a workspace what no kept run needs, and never what a running run holds.

**What is needed.** An artifact, where a run in the history has it as an output or was given it: the rows of the history
say so, and ``inputs.json`` in the run's folder. No artifact refers to another: what a container holds lies in the
container. A result that may be reused has the artifacts of the run that it belongs to. When that run is forgotten, the
result goes to a kept run that reused it, and where there is none it is forgotten too.

**What is in use.** A run stores and finds artifacts before the history hears of it: a step stores its outputs while it
runs, an earlier result is looked up before it is recorded, and inputs are stored before the run has begun. But all of these
put or get the artifact, and a store notes the time of that (see ``Expiring``). So an artifact that no run in the
history needs is removed only if nobody has used it

* since the cleaning began, less the grace period: that is for runs that the history does not know yet, which are storing
  their inputs or waiting to be recorded;
* since any run that is running began, less the grace period.

Why that is enough: say a run uses an artifact at some time, and records it later. We look which runs are running, then
which artifacts are needed, then remove. If the run has recorded it by the second look, it is needed. If not, and the run
was seen running, the use is no older than the run's inputs, and those are no older than the grace period before its
beginning. If it was not seen, it had not been recorded as begun: the use is within the grace period before now. If it had
ended, all that it used was recorded before we looked what is needed. A use that comes between our look at an artifact and its
removal is settled by the store, one artifact at a time.

So the grace period must be longer than it takes to store a run's inputs and to get its first row into the history. An
hour is the default; with 0, nobody else may be about to start a run. What this cannot see are runs whose history
cannot be written for longer than that.

**What a kill leaves.** Runs are forgotten first, then files are removed: at any time every row of the history has what it
refers to, and what was not removed is found by the next cleaning, since no row refers to it. Two cleanings at once
remove each thing once.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import final

from attrs import define, field

from . import leftovers
from .amounts import counted
from .cleaned import Cleaned, Freed, Tally
from .errors import HistoryError, StoreError
from .history import pruning
from .history.connections import Connection
from .history.liveness import reconcile
from .history.opening import connect, connect_to_read, is_postgres, sqlite_path
from .history.pruning import Forgotten, Known, Lifetime
from .premises import Premises, has_runs_elsewhere, is_store_shared
from .retention import Cleaning
from .store import LocalStore, open_store
from .store.artifacts import Expiring, Held
from .store.staging import remove, size_on_disk

SILENT_AFTER = 86_400.0
"""Seconds without a sign of life after which a run of another machine no longer counts as running. It is still kept."""

SETTLING = 2.0
"""Seconds after runs were forgotten in which a run of another machine, which has just found one of their results, gets
that recorded. On this machine the store knows."""

_SHARED_STORE = (
    "the store {store} was left alone: it lies outside of the project and the history {history} inside, so that others may "
    "use the store whose runs this history does not know. If nobody does, say so (--sole-user)"
)
_ELSEWHERE = (
    "what no run in the history has recorded was left alone ({count}): runs of other machines may have been given it, and "
    "only the folders of those runs tell"
)

_LARGEST = 10
_AT_ONCE = 1000
_THREADS = 4


def clean(workspace: Premises, settings: Cleaning) -> Cleaned:
    """Clean a workspace. Raises HistoryError, StoreError, and WorkspaceError for a wrong setting."""
    opened = open_store(workspace.store_location, workspace.cache_folder)
    store = opened if isinstance(opened, Expiring) else None
    with contextlib.closing(_opened(workspace.history_location)) as connection:
        return _Cleaning(workspace, settings, store, connection).run()


def _opened(location: str | Path) -> Connection:
    """Open the history to be written; a missing one is not made."""
    if is_postgres(location) or sqlite_path(location).exists():
        return connect(location)
    return connect_to_read(location)


@final
@define
class _Cleaning:
    """One cleaning, from the look at what is there to the report. ``store`` is None where it cannot be cleaned."""

    workspace: Premises
    settings: Cleaning
    store: Expiring | None
    connection: Connection
    problems: list[str] = field(factory=list)

    def run(self) -> Cleaned:
        """Forget runs, then remove what nobody needs any more."""
        now = time.time()
        clock = self.store.clock() if self.store else now
        reconcile(self.connection)
        runs = pruning.lifetimes(self.connection)
        self._check_known(runs)
        running = [run for run in runs if not run.state.ended and now - run.seen < SILENT_AFTER]
        doomed = self.settings.retention.doomed(runs, now)
        kept = _without(runs, doomed)
        known = pruning.made_by(self.connection, doomed)
        forgotten, needed = self._forget(doomed)
        horizon = min([clock, *(run.started for run in running)]) - self.settings.grace
        unused, spared, note = self._unused(needed, known, kept, horizon)
        removed = unused if self.settings.dry_run else self._expired(unused, horizon)
        return Cleaned(
            dry_run=self.settings.dry_run,
            runs=forgotten.runs,
            artifacts=Tally.of(held.size for held in removed),
            folders=self._folders(forgotten.runs, {run.id for run in runs}),
            temporary=self._temporary({run.id for run in kept if run.state.ended}),
            memos=self._memos(),
            records=forgotten.records,
            spared=Tally.of(held.size for held in spared),
            running=tuple(run.id for run in running),
            largest=_largest(removed, known),
            problems=tuple(self.problems),
            note=note,
        )

    @property
    def _runs(self) -> Path:
        return self.workspace.folder / "runs"

    def _check_known(self, runs: Sequence[Lifetime]) -> None:
        """Refuse to remove everything because a history is empty: it may be the wrong one."""
        if runs or self.settings.retention.keep_runs == 0:
            return
        stored = self.store.held(besides=()) if self.store else ()
        if next(iter(stored), None) or leftovers.children(self._runs):
            raise HistoryError(
                f"the history {self.connection.location} knows no run, so nothing tells which of the stored artifacts are "
                "needed. Nothing was removed. If that is the right history and everything may go, keep no run: "
                "`penstock clean --keep-runs 0`, or clean(keep_runs=0)"
            )

    def _forget(self, doomed: Sequence[str]) -> tuple[Forgotten, set[str]]:
        """Forget runs, and return which artifacts are needed then."""
        if self.settings.dry_run:
            return pruning.rehearse(self.connection, doomed)
        forgotten = pruning.forget(
            self.connection, doomed, lambda done: self.settings.progress("forgetting runs", done, len(doomed))
        )
        if forgotten.runs and not isinstance(self.store, LocalStore):
            time.sleep(SETTLING)
        return forgotten, pruning.needed(self.connection)

    def _unused(
        self, needed: set[str], known: Mapping[str, Known], kept: Sequence[Lifetime], horizon: float
    ) -> tuple[list[Held], list[Held], str]:
        """Return artifacts that may go, those that are not needed but may be in use, and why some are left alone."""
        if self.store is None:
            return [], [], f"the store {self.workspace.store_location} cannot tell what is in use, and was left alone"
        if is_store_shared(self.workspace) and not self.settings.sole_user:
            return [], [], _SHARED_STORE.format(store=self.workspace.store_location, history=self.connection.location)
        for run in kept:
            needed |= leftovers.given(self._runs / run.id)
        found = list(self._listed(self.store.held(besides=needed)))
        note = ""
        folders = {folder.name for folder in leftovers.children(self._runs)}
        if has_runs_elsewhere(self.workspace, [run.id for run in kept], folders):
            foreign = [held for held in found if held.digest not in known]
            note = _ELSEWHERE.format(count=counted(len(foreign), "artifact")) if foreign else ""
            found = [held for held in found if held.digest in known]
        unused = [held for held in found if held.used < horizon]
        return unused, [held for held in found if held.used >= horizon], note

    def _listed(self, found: Iterable[Held]) -> Iterator[Held]:
        for number, held in enumerate(found):
            if number % _AT_ONCE == 0:
                self.settings.progress("looking for artifacts", number, 0)
            yield held

    def _expired(self, unused: Sequence[Held], horizon: float) -> list[Held]:
        """Remove artifacts, and return those that were."""
        from concurrent.futures import ThreadPoolExecutor  # it brings logging, and reading the history needs neither

        removed: list[Held] = []
        with ThreadPoolExecutor(_THREADS) as pool:
            for start in range(0, len(unused), _AT_ONCE):
                some = unused[start : start + _AT_ONCE]
                parts = [some[part::_THREADS] for part in range(_THREADS)]
                for gone in pool.map(self._expire, parts, itertools.repeat(horizon)):
                    removed += gone
                self.settings.progress("removing artifacts", start + len(some), len(unused))
        return removed

    def _expire(self, some: Sequence[Held], horizon: float) -> list[Held]:
        removed: list[Held] = []
        for held in some:
            try:
                if self.store and self.store.expire(held.digest, unused_since=horizon):
                    removed.append(held)
            except (StoreError, OSError) as error:
                self.problems.append(f"the artifact {held.digest[:12]} cannot be removed: {error}")
        return removed

    def _folders(self, gone: Sequence[str], known: Collection[str]) -> Tally:
        forgotten = [folder for folder in (self._runs / run for run in gone) if folder.is_dir()]
        return self._removed([*forgotten, *leftovers.orphaned(self._runs, known)], "removing folders of runs")

    def _temporary(self, ended: Collection[str]) -> Tally:
        grace = self.settings.grace
        left = self.store.leftovers(older_than=grace) if self.store else ()
        return self._removed([*left, *leftovers.scratch(self._runs, ended, older_than=grace)], "removing leftovers")

    def _memos(self) -> Tally:
        memo = self.workspace.folder / "memo"
        return self._removed(list(leftovers.stale_memos(memo, unfinished=self.settings.grace)), "removing parsed code")

    def _removed(self, paths: Sequence[Path], doing: str) -> Tally:
        """Remove files and folders, and count them."""
        sizes = []
        for number, path in enumerate(paths):
            size = size_on_disk(path)
            if self.settings.dry_run or self._is_removed(path):
                sizes.append(size)
            self.settings.progress(doing, number + 1, len(paths))
        return Tally.of(sizes)

    def _is_removed(self, path: Path) -> bool:
        try:
            remove(path)
        except OSError as error:
            self.problems.append(f"{path} cannot be removed: {error.strerror or error}")
            return False
        return True


def _without(runs: Sequence[Lifetime], doomed: Sequence[str]) -> list[Lifetime]:
    gone = frozenset(doomed)
    return [run for run in runs if run.id not in gone]


def _largest(removed: Sequence[Held], known: Mapping[str, Known]) -> tuple[Freed, ...]:
    return tuple(_freed(held, known.get(held.digest)) for held in heapq.nlargest(_LARGEST, removed, key=_size))


def _size(held: Held) -> int:
    return held.size


def _freed(held: Held, known: Known | None) -> Freed:
    return Freed(held.digest, held.size, *((known.summary, known.run, known.step) if known else ()))

"""Say what a cleaning has removed from a workspace, and what it has left and why."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import field, frozen


@frozen
class Tally:
    """A number of things, and how many bytes they take together."""

    count: int = 0
    size: int = 0

    @classmethod
    def of(cls, sizes: Iterable[int]) -> Tally:
        """Count things by their sizes."""
        known = list(sizes)
        return cls(len(known), sum(known))


@frozen
class Freed:
    """An artifact that was removed: its size on disk, and what it was, where a run that was forgotten knew that."""

    digest: str
    size: int
    summary: str = ""
    run: str = ""
    step: str = ""


@frozen(kw_only=True)
class Cleaned:
    """What was removed from a workspace, or, with ``dry_run``, would be.

    ``runs`` are the ids of the runs that were forgotten, ``folders`` the folders of runs, ``temporary`` what killed
    processes left behind, ``memos`` parsed code that nobody read for a month, ``records`` rows of the history that no run
    needed any more. ``largest`` are the ten largest of the ``artifacts``. ``spared`` are artifacts that no run needs but
    that may be in use: they were used within the grace period, or since one of the runs in ``running`` began.
    ``problems`` says what could not be removed, and ``note`` why artifacts were left alone as a whole.
    """

    dry_run: bool = False
    runs: tuple[str, ...] = ()
    artifacts: Tally = field(factory=Tally)
    folders: Tally = field(factory=Tally)
    temporary: Tally = field(factory=Tally)
    memos: Tally = field(factory=Tally)
    records: int = 0
    spared: Tally = field(factory=Tally)
    running: tuple[str, ...] = ()
    largest: tuple[Freed, ...] = ()
    problems: tuple[str, ...] = ()
    note: str = ""

    @property
    def freed(self) -> int:
        """Bytes on disk, together."""
        return sum(tally.size for tally in (self.artifacts, self.folders, self.temporary, self.memos))

    @property
    def is_empty(self) -> bool:
        """Whether there was nothing to remove."""
        tallies = (self.artifacts, self.folders, self.temporary, self.memos)
        return not (self.runs or self.records or any(tally.count for tally in tallies))

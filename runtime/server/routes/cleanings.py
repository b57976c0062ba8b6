"""Clean the workspace of what no kept run needs."""

from __future__ import annotations

from typing import Annotated, TypedDict

import msgspec

from ..actions import Action, Call
from ..callers import Scope

_DAY = 86_400.0


class NewCleaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to clean. All runs are kept but those beyond the newest ``keep_runs`` of a pipeline, or older than so many ``days``.

    ``dry_run`` removes nothing, and tells what would be removed.
    """

    keep_runs: Annotated[int, msgspec.Meta(ge=0, le=1_000_000)] | None = None
    days: Annotated[float, msgspec.Meta(ge=0, le=36_500)] | None = None
    dry_run: bool = False


class Cleaning(TypedDict):
    """What was removed: the ids of runs, numbers of artifacts and folders, and the bytes that all of it took on disk."""

    dry_run: bool
    runs: list[str]
    artifacts: int
    folders: int
    freed: int
    problems: list[str]
    note: str


def _clean(call: Call) -> Cleaning:
    asked: NewCleaning = call.body
    age = None if asked.days is None else asked.days * _DAY
    found = call.service.workspace.clean(keep_runs=asked.keep_runs, older_than=age, dry_run=asked.dry_run)
    return {
        "dry_run": found.dry_run,
        "runs": list(found.runs),
        "artifacts": found.artifacts.count,
        "folders": found.folders.count,
        "freed": found.freed,
        "problems": list(found.problems),
        "note": found.note,
    }


ACTIONS = (
    Action("POST", "/api/v1/cleanings", _clean, Scope.ADMIN, "Remove what no kept run needs.", body=NewCleaning),
)  # fmt: skip

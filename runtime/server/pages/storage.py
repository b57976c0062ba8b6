"""Show the workspace: where it keeps things, how much, and what cleaning would remove."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen
from starlette.responses import Response

from ...cleaned import Cleaned
from ...history.opening import is_postgres
from ...store import open_store
from ...store.artifacts import Expiring
from ...store.staging import size_on_disk
from ...workspace import Workspace
from ..errors import Problem
from .visits import Page, Visit

_DAY = 86_400.0


@frozen
class Usage:
    """How much a workspace holds. Sizes are bytes; None where that cannot be said."""

    artifacts: int | None
    store: int | None
    runs: int
    history: int | None

    @property
    def parts(self) -> list[tuple[str, int, float]]:
        """What is known of it: names, sizes, and hundredths of all of it."""
        known = [("artifacts", self.store), ("logs and files of runs", self.runs), ("history", self.history)]
        whole = sum(size for _, size in known if size) or 1
        return [(name, size, round(100 * size / whole, 2)) for name, size in known if size is not None]


def _show(visit: Visit) -> Response:
    workspace = visit.service.workspace
    measured = visit.query("measure") is not None
    keep = {"keep_runs": _number(visit, "keep_runs"), "days": _number(visit, "days")}
    return visit.page(
        "workspace.html",
        places=_places(workspace),
        usage=_usage(workspace) if measured else None,
        cleaned=_cleaned(workspace, keep) if measured else None,
        keep={name: value for name, value in keep.items() if value is not None},
    )


def _number(visit: Visit, name: str) -> int | None:
    text = visit.query(name)
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 7):
        raise Problem(422, f"{name}={text!r} is wrong; expected a whole number from 0")
    return None if text is None else int(text)


def _places(workspace: Workspace) -> dict[str, str]:
    return {
        "root": str(workspace.root),
        "artifacts": _hidden(workspace.store_location),
        "history": _hidden(workspace.history_location),
        "logs and files of runs": str(workspace.folder / "runs"),
    }


def _hidden(location: str | Path) -> str:
    """Return a location without the password that a URL may hold."""
    text = str(location)
    scheme, separator, rest = text.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}".partition("?")[0] if separator else text


def _usage(workspace: Workspace) -> Usage:
    store = open_store(workspace.store_location, workspace.cache_folder)
    held = [one.size for one in store.held(besides=())] if isinstance(store, Expiring) else None
    history = workspace.history_location
    file = Path(history) if not is_postgres(history) else None
    return Usage(
        None if held is None else len(held),
        None if held is None else sum(held),
        size_on_disk(workspace.folder / "runs") if (workspace.folder / "runs").is_dir() else 0,
        file.stat().st_size if file is not None and file.is_file() else None,
    )


def _cleaned(workspace: Workspace, keep: Mapping[str, int | None]) -> Cleaned:
    age = None if keep["days"] is None else keep["days"] * _DAY
    return workspace.clean(keep_runs=keep["keep_runs"], older_than=age, dry_run=True)


PAGES = (Page("/workspace", _show),)

"""Show the workspace: where it keeps things, how much, and what cleaning would remove."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen
from starlette.responses import Response

from ...cleaned import Cleaned
from ...history.opening import is_postgres
from ...store import open_store
from ...store.artifacts import Expiring
from ...store.staging import size_on_disk
from ...workspace import Workspace
from .visits import Page, Visit


@frozen
class Usage:
    """How much a workspace holds. Sizes are bytes; None where that cannot be said."""

    artifacts: int | None
    store: int | None
    runs: int
    history: int | None


def _show(visit: Visit) -> Response:
    workspace = visit.service.workspace
    measured = visit.query("measure") is not None
    return visit.page(
        "workspace.html",
        places=_places(workspace),
        usage=_usage(workspace) if measured else None,
        cleaned=_cleaned(workspace) if measured else None,
    )


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


def _cleaned(workspace: Workspace) -> Cleaned:
    return workspace.clean(dry_run=True)


PAGES = (Page("/workspace", _show),)

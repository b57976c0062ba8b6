"""Tell what belongs to a workspace alone, and what others may use who know nothing of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Protocol

from .history.opening import sqlite_path


class Premises(Protocol):
    """Where a workspace keeps what it keeps."""

    @property
    def root(self) -> Path: ...
    @property
    def folder(self) -> Path: ...
    @property
    def cache_folder(self) -> Path: ...
    @property
    def store_location(self) -> str | Path: ...
    @property
    def history_location(self) -> str | Path: ...


def is_store_shared(workspace: Premises) -> bool:
    """Whether others may use the store who have a history of their own: it lies outside, and the history inside."""
    return _is_inside(workspace.history_location, workspace) and not _is_inside(workspace.store_location, workspace)


def has_runs_elsewhere(workspace: Premises, runs: Iterable[str], folders: Collection[str]) -> bool:
    """Whether some runs of the history have their folders in the workspace of another machine."""
    if _is_inside(workspace.history_location, workspace):
        return False
    return any(run not in folders for run in runs)


def _is_inside(location: str | Path, workspace: Premises) -> bool:
    if isinstance(location, str) and not location.startswith("sqlite:"):
        return False
    path = sqlite_path(location).absolute()
    return path.is_relative_to(workspace.root) or path.is_relative_to(workspace.folder)

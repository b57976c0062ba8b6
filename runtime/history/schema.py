"""Make the tables of the history, or bring them up to date.

A new database gets the numbered files of ``migrations`` at once, in one transaction. One that is behind is handed to
yoyo-migrations, which costs a tenth of a second to import and is imported only then. The version is a row of our own, so
that opening a database that is up to date asks one small question.
"""

from __future__ import annotations

import functools
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import HistoryBusy, HistoryError
from .connections import Connection

MIGRATIONS = Path(__file__).parent / "migrations"

_LOCK_TIMEOUT = 30.0
"""Seconds to wait for another process that is bringing the same database up to date."""

_UPGRADING = threading.Lock()


@functools.cache
def migrations(folder: Path = MIGRATIONS) -> dict[int, Path]:
    """Return the SQL files by number, in order."""
    return {int(path.name[:4]): path for path in sorted(folder.glob("[0-9][0-9][0-9][0-9]_*.sql"))}


def version(connection: Connection) -> int:
    """Return the version of the tables, 0 for an empty database. Raises HistoryError for one that is not ours."""
    ((tables, ours),) = connection.rows(connection.engine.count_tables)
    if ours:
        ((number,),) = connection.rows("SELECT max(version) FROM schema_version") or [(0,)]
        return int(number or 0)
    if tables:
        raise HistoryError(
            f"the history {connection.location} holds tables of another program; give the history a database of its own"
        )
    return 0


def bring_up_to_date(
    connection: Connection, url: str, on_new: Callable[[], object] | None = None, folder: Path = MIGRATIONS
) -> None:
    """Make or change the tables where needed. ``url`` is what yoyo calls the database; ``on_new`` runs before making.

    Raises HistoryError for a database that a newer Penstock has written.
    """
    newest = max(migrations(folder))
    found = version(connection)
    if found == 0:
        _make(connection, on_new, folder)
        found = version(connection)
    if found > newest:
        raise HistoryError(
            f"the history {connection.location} has version {found} and this Penstock knows versions up to {newest}; "
            "upgrade Penstock. Nothing was changed"
        )
    if found < newest:
        with _UPGRADING:  # yoyo's own lock is for processes
            _upgrade(connection, url, version(connection), folder)


def statements(path: Path) -> list[str]:
    """Return the statements of an SQL file. Each ends with a semicolon at the end of a line."""
    lines = (line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("--"))
    return [statement for statement in re.split(r";\s*$", "\n".join(lines), flags=re.MULTILINE) if statement.strip()]


def _make(connection: Connection, on_new: Callable[[], object] | None, folder: Path) -> None:
    if on_new is not None:
        on_new()
    with connection.transaction():
        for statement in connection.engine.prepare_schema:
            connection.execute(statement)
        if version(connection):  # another process was quicker
            return
        for path in migrations(folder).values():
            for statement in statements(path):
                connection.execute(statement)


def _upgrade(connection: Connection, url: str, found: int, folder: Path) -> None:
    import yoyo

    try:
        with yoyo.get_backend(url) as backend, backend.lock(_LOCK_TIMEOUT):
            _apply(backend, yoyo.read_migrations(str(folder)).filter(_is_numbered), found)
    except yoyo.exceptions.LockTimeout as error:
        raise HistoryBusy(
            f"the history {connection.location} is being brought up to date by another process ({error}); if that process "
            "is gone, delete the row in its table yoyo_lock"
        ) from error
    except connection.engine.errors as error:
        raise connection.engine.explain(error, connection.location) from error


def _is_numbered(migration: Any) -> bool:
    """Leave out what else the folder holds: yoyo takes any Python file for a migration."""
    return bool(migration.id[:4].isdigit())


def _apply(backend: Any, known: Any, found: int) -> None:
    """Apply what is missing. What was made at once is not in yoyo's own table yet: tell it first."""
    pending = backend.to_apply(known)
    backend.mark_migrations(pending.filter(lambda migration: int(migration.id[:4]) <= found))
    backend.apply_migrations(backend.to_apply(known))

"""Open the history of a location: a path or an ``sqlite:///`` URL, or a ``postgresql://`` URL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..errors import HistoryError
from .connections import Connection
from .postgres import open_postgres, without_password
from .sqlite import open_sqlite, open_sqlite_to_read

_POSTGRES = frozenset({"postgres", "postgresql", "postgresql+psycopg"})


def connect(location: str | Path, prepare: Callable[[], object] | None = None) -> Connection:
    """Open for reading and writing. An SQLite file is made when absent, after ``prepare`` (if any) was called."""
    if is_postgres(location):
        return open_postgres(str(location))
    return open_sqlite(sqlite_path(location), prepare)


def connect_to_read(location: str | Path) -> Connection:
    """Open for reading. An absent SQLite file reads as an empty history, and is not made."""
    if is_postgres(location):
        return open_postgres(str(location))
    return open_sqlite_to_read(sqlite_path(location))


def is_postgres(location: str | Path) -> bool:
    """Tell whether a location is a URL of Postgres."""
    return isinstance(location, str) and location.partition("://")[0] in _POSTGRES and "://" in location


def sqlite_path(location: str | Path) -> Path:
    """Return the file of a path or an ``sqlite:///`` URL. Raises HistoryError for any other URL."""
    scheme, separator, rest = str(location).partition("://")
    if isinstance(location, Path) or not separator:
        return Path(location)
    if scheme == "sqlite" and rest.startswith("/") and len(rest) > 1:
        return Path(rest[1:])
    raise HistoryError(
        f"no history can be kept at {without_password(str(location))}: expected a path, sqlite:///PATH (with four slashes "
        "for an absolute path) or postgresql://HOST/DATABASE"
    )

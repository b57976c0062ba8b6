"""Keep the history in an SQLite file."""

from __future__ import annotations

import contextlib
import sqlite3
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from ..errors import HistoryBusy, HistoryError
from .connections import Connection, Engine
from .locks import holders
from .schema import bring_up_to_date

BUSY_TIMEOUT = 5.0
"""Seconds to wait for another process that is writing. A batch of 10,000 steps is written in well under one."""

_NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "drvfs",
        "glusterfs",
        "gpfs",
        "lustre",
        "nfs",
        "nfs4",
        "smb3",
        "sshfs",
        "vboxsf",
    }
)

_CORRUPT = (
    "is corrupt or no SQLite database. Nothing was changed. Move it away (with the files of the same name ending in "
    "-wal and -shm) to begin a new history, or try to save its rows with `sqlite3 FILE .recover`. Stored artifacts are "
    "not touched by either"
)
_PROBLEMS: Mapping[int, tuple[type[HistoryError], str]] = {
    sqlite3.SQLITE_BUSY: (HistoryBusy, "is locked by another process"),
    sqlite3.SQLITE_LOCKED: (HistoryBusy, "is locked by another statement"),
    sqlite3.SQLITE_FULL: (HistoryBusy, "cannot grow: the disk is full"),
    sqlite3.SQLITE_IOERR: (HistoryBusy, "cannot be read or written: is its disk full, or gone?"),
    sqlite3.SQLITE_READONLY: (HistoryError, "is read-only; allow writing to it and to its folder"),
    sqlite3.SQLITE_CANTOPEN: (HistoryError, "cannot be opened; it needs a folder that exists and can be written"),
    sqlite3.SQLITE_CORRUPT: (HistoryError, _CORRUPT),
    sqlite3.SQLITE_NOTADB: (HistoryError, _CORRUPT),
}


_IMMUTABLE = ("?mode=ro&immutable=1", ())
_WITHOUT_SHARED_MEMORY: Mapping[int, tuple[str, tuple[str, ...]]] = {
    sqlite3.SQLITE_CANTOPEN: _IMMUTABLE,
    sqlite3.SQLITE_READONLY: _IMMUTABLE,
    sqlite3.SQLITE_IOERR: ("", ("PRAGMA locking_mode = EXCLUSIVE",)),
}
"""How to read where the journal's shared memory cannot be made: nobody writes in a read-only folder, and on a full disk
the memory of this process does as well as long as no other uses the file."""


def explain(error: Exception, location: str) -> HistoryError:
    """Say what SQLite's error means for the history, and what to do."""
    code = _code(error)
    kind, problem = _PROBLEMS.get(code, (HistoryError, "cannot be used"))
    if code == sqlite3.SQLITE_BUSY:
        named = ", ".join(holders(Path(location)))
        problem += f": {named}" if named else f"; `lsof {location}` lists who uses it"
    return kind(f"the history {location} {problem} (SQLite says: {error})")


def _code(error: BaseException | None) -> int:
    """Return SQLite's number for the kind of an error, 0 where it has none."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


SQLITE = Engine(
    begin="BEGIN IMMEDIATE",
    patience="PRAGMA busy_timeout = {}",
    prepare_schema=(),
    count_tables="SELECT count(*), coalesce(sum(name = 'schema_version'), 0) FROM sqlite_master WHERE type = 'table'",
    errors=sqlite3.Error,
    translate=str,
    explain=explain,
)


def open_sqlite(path: Path, prepare: Callable[[], object] | None = None) -> Connection:
    """Open the file for reading and writing; it is made when absent, after ``prepare`` was called.

    Raises HistoryError when it cannot be made, is corrupt, or was written by a newer version.
    """
    if not path.exists():
        _make_folder(path, prepare)
    return _opened(path)


def open_sqlite_to_read(path: Path) -> Connection:
    """Open the file for reading. An absent file reads as an empty history, and is not made."""
    if not path.exists():
        return _empty(path)
    try:
        return _opened(path)
    except HistoryError as error:
        otherwise = _WITHOUT_SHARED_MEMORY.get(_code(error.__cause__))
        if otherwise is None:
            raise
    return _opened(path, *otherwise)


def _make_folder(path: Path, prepare: Callable[[], object] | None) -> None:
    try:
        if prepare is not None:
            prepare()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()  # SQLite itself would let nobody else write, whatever the mask of new files says
    except OSError as error:
        raise HistoryError(f"the folder of the history {path} cannot be made: {error}") from error


def _opened(path: Path, options: str = "", settings: Sequence[str] = ()) -> Connection:
    connection = _connection(f"file:{quote(str(path.absolute()))}{options}", str(path))
    try:
        for setting in (*settings, "PRAGMA foreign_keys = ON"):
            connection.execute(setting)
        bring_up_to_date(
            connection, f"sqlite:///{quote(quote(str(path.absolute())))}", lambda: _use_journal(connection, path)
        )
        # With a write-ahead log only a power cut can lose the last batch, and nothing can corrupt the file.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.current = _unchanged(path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connection(uri: str, location: str) -> Connection:
    try:
        raw = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise explain(error, location) from error
    return Connection(raw, SQLITE, location)


def _empty(path: Path) -> Connection:
    connection = _connection("file::memory:", str(path))
    connection.current = lambda: False
    bring_up_to_date(connection, "sqlite://")
    return connection


def _unchanged(path: Path) -> Callable[[], bool]:
    """Return a function that tells whether the path still names the file that it names now."""
    opened = _inode(path)
    return lambda: _inode(path) == opened


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _use_journal(connection: Connection, path: Path) -> None:
    """Turn the write-ahead log on, for good, where the file system can share memory between processes."""
    if _on_network(path):
        return
    # A file system may still refuse, and two processes that make the file at once may meet here: either way the
    # ordinary journal does as well, only slower.
    with contextlib.suppress(HistoryBusy):
        connection.rows("PRAGMA journal_mode = WAL")


def _on_network(path: Path) -> bool:
    if sys.platform == "win32":
        return str(path.absolute()).startswith("\\\\")
    kind = _file_system(path.resolve())
    return kind.removeprefix("fuse.") in _NETWORK_FILE_SYSTEMS


def _file_system(path: Path) -> str:
    """Return the type of the file system that holds a path, as Linux names it; empty where that is not known."""
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    mounts = [(fields[1].replace("\\040", " "), fields[2]) for fields in map(str.split, lines) if len(fields) > 2]
    holding = [(len(folder), kind) for folder, kind in mounts if path.is_relative_to(folder)]
    return max(holding, default=(0, ""))[1]

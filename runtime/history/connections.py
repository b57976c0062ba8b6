"""Speak SQL to the database of the history, whichever engine it is.

Statements are written once, in the common subset of SQLite and Postgres, with ``?`` for parameters. What differs
between the two is an :class:`Engine`: a table of values and two functions.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias, final

from attrs import frozen

from ..errors import HistoryError

Row: TypeAlias = tuple[Any, ...]
"""One row of an answer."""


class RawConnection(Protocol):
    """What is used of a DB-API connection. Its transactions are begun and ended by statements (autocommit)."""

    def execute(self, sql: Any, parameters: Any = ..., /) -> Any: ...
    def cursor(self) -> Any: ...
    def close(self) -> None: ...


@frozen
class Engine:
    """How one kind of database differs from the other.

    ``begin`` starts a transaction that writes; ``patience`` sets for how many milliseconds a statement waits for a lock;
    ``prepare_schema`` are the statements that lock out everybody else and make room for our tables; ``count_tables`` gives how many tables there are and whether one is our version's;
    ``translate`` rewrites a statement from ``?``; ``explain`` turns an error of the driver into one for people.
    """

    begin: str
    patience: str
    prepare_schema: tuple[str, ...]
    count_tables: str
    errors: type[Exception]
    translate: Callable[[str], str]
    explain: Callable[[Exception, str], HistoryError]


@final
class Connection:
    """One open database. Not for two threads at the same time.

    ``location`` is for messages; ``current`` tells whether this is still the database of that location (a file may have
    been deleted and made anew meanwhile).
    """

    def __init__(self, raw: RawConnection, engine: Engine, location: str) -> None:
        self.engine = engine
        self.location = location
        self.current: Callable[[], bool] = lambda: True
        self._raw = raw
        # sqlite3 warns of a connection that is collected open; a run that is given up must not end in that.
        self._close = weakref.finalize(self, raw.close)
        self._close.atexit = False  # another thread may be writing yet when the interpreter ends, and would crash

    def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows that a query gives."""
        with self._explained():
            rows: list[Row] = self._raw.execute(self.engine.translate(sql), parameters).fetchall()
            return rows

    def execute(self, sql: str, parameters: Sequence[object] = ()) -> int:
        """Execute a statement and return how many rows it changed."""
        with self._explained():
            return int(self._raw.execute(self.engine.translate(sql), parameters).rowcount)

    def execute_many(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        """Execute a statement once for each row of parameters."""
        with self._explained(), contextlib.closing(self._raw.cursor()) as cursor:
            cursor.executemany(self.engine.translate(sql), rows)

    def wait_at_most(self, seconds: float) -> None:
        """Say for how long a statement waits for the lock of another."""
        self.execute(self.engine.patience.format(round(1000 * seconds)))

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what is written inside as a whole, or nothing of it."""
        self.execute(self.engine.begin)
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(HistoryError):
                self.execute("ROLLBACK")
            raise

    def close(self) -> None:
        """Close the database. Closing twice is harmless."""
        self._close()

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except self.engine.errors as error:
            raise self.engine.explain(error, self.location) from error


Connect: TypeAlias = Callable[[], Connection]
"""Opens the history; called again after a failure, in another process, or when a file was replaced."""

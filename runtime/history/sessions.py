"""Share one connection between the threads that read the history."""

from __future__ import annotations

import contextlib
import math
import os
import threading
import time
from collections.abc import Iterator
from typing import Final, final

from ..errors import HistoryError, RunNotFound
from .connections import Connect, Connection

_OFTEN: Final = 0.05
"""Seconds for which a file is taken to be the one that it was."""


@final
class Session:
    """A connection that opens when it is needed, for one thread at a time.

    It is opened anew after a failure, in a forked process, and when the file was replaced.
    """

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._lock = threading.RLock()
        self._connection: Connection | None = None
        self._process = 0
        self._looked = -math.inf

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection]:
        """Give the connection. Raises HistoryError."""
        with self._lock:
            try:
                yield self._opened()
            except RunNotFound:
                raise
            except HistoryError:
                self.close()
                raise

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _opened(self) -> Connection:
        if self._process != os.getpid() or self._connection is None or not self._is_current(self._connection):
            self.close()
            self._connection = self._connect()
            self._process = os.getpid()
        return self._connection

    def _is_current(self, connection: Connection) -> bool:
        """Ask the file system whether the file is still the same; a run that looks up step after step, not each time."""
        now = time.monotonic()
        if now - self._looked < _OFTEN:
            return True
        is_current = connection.current()
        self._looked = now if is_current else -math.inf
        return is_current

"""Carry what running steps report from worker processes to the driver, in order."""

from __future__ import annotations

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Final

from .events import Event

_SEPARATOR: Final = "|"

_LONGEST_ADDRESS: Final = 100
"""Bytes that the path of a socket may have on every system (macOS 104, Linux 108)."""

_PATIENCE: Final = 1.0
"""Seconds that closing waits for somebody who connected and says nothing."""


class ReportsListener:
    """The driver's end: gives every event that a worker sends to ``receive``, one worker's events in their order."""

    def __init__(self, receive: Callable[[Event], None]) -> None:
        self._receive = receive
        self._key = os.urandom(16)
        self._closed = False
        self._listener = Listener(_new_address(), backlog=64, authkey=self._key)
        self._thread = threading.Thread(target=self._accept, name="penstock-reports", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What a worker needs to connect."""
        return f"{self._listener.address}{_SEPARATOR}{self._key.hex()}"

    def close(self) -> None:
        """Stop listening."""
        self._closed = True
        with contextlib.suppress(OSError):
            Client(self._listener.address).close()  # closing a socket does not wake who waits at it
        self._thread.join(_PATIENCE)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):  # a worker that died while it connected, or a stranger
                continue
            threading.Thread(target=self._read, args=(connection,), name="penstock-reports", daemon=True).start()

    def _read(self, connection: Connection) -> None:
        with connection:
            while True:
                try:
                    event = connection.recv()
                    if event is None:
                        connection.send(None)
                    else:
                        self._receive(event)
                except (EOFError, OSError):
                    return


def _new_address() -> str | None:
    if os.name != "posix":
        return None
    for folder in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - a long TMPDIR does not fit
        path = tempfile.mktemp(prefix="penstock-", suffix=".sock", dir=folder)  # noqa: S306 - bound at once
        if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
            break
    return path


class Reports:
    """A worker's end, connected by the first report. Where the driver is gone, reports are dropped: no step fails for it."""

    def __init__(self, address: str) -> None:
        self._path, _, key = address.rpartition(_SEPARATOR)
        self._key = bytes.fromhex(key)
        self._connection: Connection | None = None
        self._lock = threading.Lock()
        self._pending = False
        self._lost = False

    def send(self, event: Event) -> None:
        """Send an event."""
        with self._lock:
            self._talk(lambda connection: connection.send(event))
            self._pending = True

    def flush(self) -> None:
        """Wait until the driver has received all that was sent."""
        with self._lock:
            if self._pending:
                self._talk(_ask_for_receipt)
            self._pending = False

    def _talk(self, act: Callable[[Connection], object]) -> None:
        if self._lost:
            return
        try:
            if self._connection is None:
                self._connection = Client(self._path, authkey=self._key)
            act(self._connection)
        except (EOFError, OSError, AuthenticationError):
            self._lost = True


def _ask_for_receipt(connection: Connection) -> None:
    connection.send(None)
    connection.recv()

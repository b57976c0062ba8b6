"""Carry what running steps report from worker processes to the driver, in order."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Final

from .events import Event

_SEPARATOR: Final = "|"


class ReportsListener:
    """The driver's end: gives every event that a worker sends to ``receive``, one worker's events in their order."""

    def __init__(self, receive: Callable[[Event], None]) -> None:
        self._receive = receive
        self._key = os.urandom(16)
        address = tempfile.mktemp(prefix="penstock-", suffix=".sock") if os.name == "posix" else None  # noqa: S306 - bound at once
        self._listener = Listener(address, backlog=64, authkey=self._key)
        self._thread = threading.Thread(target=self._accept, name="penstock-reports", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What a worker needs to connect."""
        return f"{self._listener.address}{_SEPARATOR}{self._key.hex()}"

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection = self._listener.accept()
            except OSError:  # closed, or a worker that died while it connected
                if getattr(self._listener, "_listener", None) is None:
                    return
                continue
            except (AuthenticationError, EOFError):  # a stranger on the socket
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


class Reports:
    """A worker's end. A driver that is gone is no reason for a step to fail: reports are then dropped."""

    def __init__(self, address: str) -> None:
        path, _, key = address.rpartition(_SEPARATOR)
        self._connection = Client(path, authkey=bytes.fromhex(key))
        self._lock = threading.Lock()
        self._pending = False

    def send(self, event: Event) -> None:
        """Send an event."""
        with self._lock:
            self._pending = True
            try:
                self._connection.send(event)
            except OSError:
                pass

    def flush(self) -> None:
        """Wait until the driver has received all that was sent."""
        if not self._pending:
            return
        with self._lock:
            self._pending = False
            try:
                self._connection.send(None)
                self._connection.recv()
            except (EOFError, OSError):
                pass

"""Talk to the driver, as a worker does."""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections import deque
from typing import final

from .inboxes import End, Inbox, send_all


@final
class DriverLink:
    """A worker's end. Where the driver is gone, what is sent is dropped: no step fails for it."""

    def __init__(self, connection: End, name: str) -> None:
        """Say the worker's name to the driver at the other end of a connection."""
        self._connection = connection
        self._sending = threading.Lock()
        self._receiving = threading.Lock()
        self._inbox = Inbox(self._connection)
        self._received: deque[bytes] = deque()
        self.send(name)

    def send(self, message: object) -> None:
        """Send a message; callable from any thread. Raises what pickling raises."""
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        with self._sending, contextlib.suppress(OSError):
            send_all(self._connection, [data])

    def receive(self) -> bytes | None:
        """Wait for what the driver sends; None when it has hung up."""
        with self._receiving, contextlib.suppress(EOFError, OSError):
            if not self._received:
                self._received.extend(self._inbox.wait())
            return self._received.popleft()
        return None

    def take_waiting(self) -> list[bytes]:
        """Take all that the driver has sent and nobody has received; callable from another thread than receives."""
        if not self._receiving.acquire(blocking=False):
            return []  # somebody waits for it
        try:
            with contextlib.suppress(EOFError, OSError):  # who receives next will see
                self._received.extend(self._inbox.look())
            waiting = list(self._received)
            self._received.clear()
            return waiting
        finally:
            self._receiving.release()

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

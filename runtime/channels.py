"""Carry tasks to worker processes, and what they report back, in order: one connection a worker."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from typing import Final, TypeAlias, final

_SEPARATOR: Final = "|"

_LONGEST_ADDRESS: Final = 100
"""Bytes that the path of a socket may have on every system (macOS 104, Linux 108)."""

_WITHOUT_FILE: bool = sys.platform == "linux"
"""Whether a socket may have a name that no file bears, of which nothing is left when this process is killed."""

_PATIENCE: Final = 1.0
"""Seconds that closing waits for somebody who connected and says nothing."""

Converse: TypeAlias = Callable[[Connection], None]
"""Talks to a worker until it hangs up. It has a thread of its own."""


@final
class WorkerListener:
    """The driver's end. Each worker that connects says its name, by which it is known who talks to it."""

    def __init__(self) -> None:
        self._key = os.urandom(16)
        self._closed = False
        self._expected: dict[str, Converse] = {}
        wanted = _new_address()
        self._listener = Listener(wanted, backlog=64, authkey=self._key)
        self._place = wanted or str(self._listener.address)  # the listener gives a name without a file as bytes
        self._thread = threading.Thread(target=self._accept, name="penstock-workers", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What a worker needs to connect."""
        return f"{self._place}{_SEPARATOR}{self._key.hex()}"

    def expect(self, name: str, converse: Converse) -> None:
        """Say who talks to the worker of that name, once."""
        self._expected[name] = converse

    def close(self) -> None:
        """Stop listening. Conversations go on until a worker hangs up. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            Client(self._place).close()  # closing a socket does not wake who waits at it
        self._thread.join(_PATIENCE)
        self._listener.close()

    def _accept(self) -> None:
        while not self._closed:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError, AuthenticationError):  # a worker that died while it connected, or a stranger
                continue
            threading.Thread(target=self._greet, args=(connection,), name="penstock-worker", daemon=True).start()

    def _greet(self, connection: Connection) -> None:
        with connection:
            try:
                converse = self._expected.pop(connection.recv(), None)
            except (EOFError, OSError):
                return
            if converse is not None:
                converse(connection)


def _new_address() -> str | None:
    if os.name != "posix":
        return None
    if _WITHOUT_FILE:
        return f"\0penstock-{os.getpid()}-{os.urandom(8).hex()}"
    for folder in (tempfile.gettempdir(), "/tmp"):  # noqa: S108 - a long TMPDIR does not fit
        path = tempfile.mktemp(prefix="penstock-", suffix=".sock", dir=folder)  # noqa: S306 - bound at once
        if len(os.fsencode(path)) <= _LONGEST_ADDRESS:
            break
    return path


@final
class DriverLink:
    """A worker's end. Where the driver is gone, what is sent is dropped: no step fails for it."""

    def __init__(self, address: str, name: str) -> None:
        path, _, key = address.rpartition(_SEPARATOR)
        self._connection = Client(path, authkey=bytes.fromhex(key))
        self._connection.send(name)
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Send a message; callable from any thread. Raises what pickling raises."""
        with self._lock, contextlib.suppress(OSError):
            self._connection.send(message)

    def receive(self) -> bytes | None:
        """Wait for what the driver sends; None when it has hung up."""
        try:
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            return None

"""Carry tasks to worker processes, and what they report back, in order: one connection a worker.

Workers of this machine connect by a socket that has no port; those of other machines by TCP.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from typing import Final, TypeAlias, final

_SEPARATOR: Final = "|"

_LONGEST_ADDRESS: Final = 100
"""Bytes that the path of a socket may have on every system (macOS 104, Linux 108)."""

_WITHOUT_FILE: bool = sys.platform == "linux"
"""Whether a socket may have a name that no file bears, of which nothing is left when this process is killed."""

_PATIENCE: Final = 1.0
"""Seconds that closing waits for the thread that listens."""

_NETWORK: Final = "tcp:"
"""How the place of a listener on the network begins; its address and its port follow."""

_REACHABLE: Final = 3.0
"""Seconds in which a driver on the network must answer, or there is a firewall between."""

Converse: TypeAlias = Callable[[Connection], None]
"""Talks to a worker until it hangs up. It has a thread of its own."""


@final
class WorkerListener:
    """The driver's end. Each worker that connects says its name, by which it is known who talks to it."""

    def __init__(self, host: str | None = None) -> None:
        """Listen for workers of this machine, or at an address of it for those of others. Raises OSError."""
        self._key = os.urandom(16)
        self._closed = False
        self._expected: dict[str, Converse] = {}
        self._anybody: Converse | None = None
        wanted = _new_address() if host is None else (host, 0)
        self._listener = Listener(wanted, backlog=64)
        found = self._listener.address
        self._place = wanted if isinstance(wanted, str) else _written(found)
        self._thread = threading.Thread(target=self._accept, name="penstock-workers", daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """What a worker needs to connect."""
        return f"{self._place}{_SEPARATOR}{self._key.hex()}"

    def expect(self, name: str, converse: Converse) -> None:
        """Say who talks to the worker of that name, once."""
        self._expected[name] = converse

    def expect_others(self, converse: Converse) -> None:
        """Say who talks to workers that nobody is expected for by name."""
        self._anybody = converse

    def close(self) -> None:
        """Stop listening. Conversations go on until a worker hangs up. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        with contextlib.suppress(OSError):
            Client(_read(self._place)).close()  # closing a socket does not wake who waits at it
        self._thread.join(_PATIENCE)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            with contextlib.suppress(OSError, EOFError):  # a worker that died while it connected
                connection = self._listener.accept()
                if self._is_closing(connection):
                    return
                threading.Thread(target=self._greet, args=(connection,), name="penstock-worker", daemon=True).start()

    def _is_closing(self, connection: Connection) -> bool:
        """Say whether who has connected is only to wake this thread."""
        if self._closed:
            connection.close()
        return self._closed

    def _greet(self, connection: Connection) -> None:
        """Let somebody in who knows the key. A stranger who says nothing holds up this thread only."""
        with connection:
            try:
                deliver_challenge(connection, self._key)
                answer_challenge(connection, self._key)
                converse = self._expected.pop(connection.recv(), self._anybody)
            except (EOFError, OSError, AuthenticationError):
                return
            if converse is not None:
                converse(connection)


def _written(address: object) -> str:
    """Write the address of a listener as text: that of a socket without a port is text, or bytes where no file bears it."""
    return f"{_NETWORK}{address[0]}:{address[1]}" if isinstance(address, tuple) else str(address)


def _read(place: str) -> str | tuple[str, int]:
    if not place.startswith(_NETWORK):
        return place
    host, _, port = place.removeprefix(_NETWORK).rpartition(":")
    return host, int(port)


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
    """A worker's end. Where the driver is gone, what is sent is dropped: no step fails for it.

    Raises OSError, and AuthenticationError, where no driver is there.
    """

    def __init__(self, address: str, name: str) -> None:
        place, _, key = address.rpartition(_SEPARATOR)
        where = _read(place)
        if isinstance(where, tuple):
            socket.create_connection(where, timeout=_REACHABLE).close()  # connecting itself would wait for minutes
        self._connection = Client(where, authkey=bytes.fromhex(key))
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

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

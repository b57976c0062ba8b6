"""Carry tasks to worker processes, and what they report back, in order: one connection a worker.

A worker that is forked for its driver has a connection from the start; see :mod:`.executors.forks`. Others of this machine connect by a
socket that has no port; those of other machines by TCP.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from typing import Final, TypeAlias, final

from .links import DriverLink

_SEPARATOR: Final = "|"

_LONGEST_ADDRESS: Final = 100
"""Bytes that the path of a socket may have on every system (macOS 104, Linux 108)."""

_WITHOUT_FILE: bool = sys.platform == "linux"
"""Whether a socket may have a name that no file bears, of which nothing is left when this process is killed."""

_PAUSE: Final = 0.01
"""Seconds until the next worker is let in after one could not be."""

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
        """Hear workers of this machine, or at an address of it those of others; nobody listens before the first is to connect."""
        self._host = host
        self._key = os.urandom(16)
        self._closed = False
        self._expected: dict[str, Converse] = {}
        self._anybody: Converse | None = None
        self._listener: Listener | None = None
        self._opening = threading.Lock()

    @property
    def address(self) -> str:
        """What a worker needs to connect. Raises OSError where nobody can listen."""
        with self._opening:
            self._listener = self._listener or self._open()
        return f"{self._place}{_SEPARATOR}{self._key.hex()}"

    def _open(self) -> Listener:
        wanted = _new_address() if self._host is None else (self._host, 0)
        listener = Listener(wanted, backlog=64)
        self._place = wanted if isinstance(wanted, str) else _written(listener.address)
        self._thread = threading.Thread(target=self._accept, args=(listener,), name="penstock-workers", daemon=True)
        self._thread.start()
        return listener

    def expect(self, name: str, converse: Converse) -> None:
        """Say who talks to the worker of that name, once."""
        self._expected[name] = converse

    def expect_others(self, converse: Converse) -> None:
        """Say who talks to workers that nobody is expected for by name."""
        self._anybody = converse

    def hear(self, name: str, connection: Connection) -> None:
        """Let a worker talk that is at the other end of a connection, from when it says its name. Raises RuntimeError."""
        threading.Thread(target=self._hear, args=(name, connection), name="penstock-worker", daemon=True).start()

    def _hear(self, name: str, connection: Connection) -> None:
        converse = self._expected.pop(name)
        with connection:
            try:
                connection.recv_bytes()
            except (EOFError, OSError):  # it has died before it could say anything
                return
            converse(connection)

    def close(self) -> None:
        """Stop listening. Conversations go on until a worker hangs up. Closing twice is harmless."""
        with self._opening:
            listener, self._listener = self._listener, None
        self._closed = True
        if listener is None:
            return
        with contextlib.suppress(OSError):
            Client(_read(self._place)).close()  # closing a socket does not wake who waits at it
        self._thread.join(_PATIENCE)
        listener.close()

    def _accept(self, listener: Listener) -> None:
        while not self._closed:
            try:
                connection = listener.accept()
            except (OSError, EOFError):  # a worker that died while it connected, or there may be no more open files
                time.sleep(_PAUSE)
                continue
            if self._is_closing(connection):
                return
            self._begin_to_greet(connection)

    def _begin_to_greet(self, connection: Connection) -> None:
        try:
            threading.Thread(target=self._greet, args=(connection,), name="penstock-worker", daemon=True).start()
        except RuntimeError:  # no thread may be started: the worker is hung up on, and ends
            connection.close()

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


def link_to(address: str, name: str) -> DriverLink:
    """Connect to the driver at an address, as the worker of that name.

    Raises OSError, and AuthenticationError, where no driver is there.
    """
    place, _, key = address.rpartition(_SEPARATOR)
    where = _read(place)
    if isinstance(where, tuple):
        socket.create_connection(where, timeout=_REACHABLE).close()  # connecting itself would wait for minutes
    return DriverLink(Client(where, authkey=bytes.fromhex(key)), name)

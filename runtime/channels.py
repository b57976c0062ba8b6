"""Carry tasks to worker processes, and what they report back, in order: one connection a worker.

Workers of this machine connect by a socket that has no port; those of other machines by TCP.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import select
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener, answer_challenge, deliver_challenge
from typing import Final, TypeAlias, final

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

_AT_ONCE: Final = 2**16
"""Bytes that are read at a time."""

_LARGEST: Final = 2**30
"""Bytes that no message has: values go through the store."""

_SHORT: Final = 4
_LONG: Final = 12
"""Bytes before a message that say how long it is, as :mod:`multiprocessing` writes them; the long form begins with -1."""

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
        while not self._closed:
            try:
                connection = self._listener.accept()
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


@final
class Inbox:
    """What comes through a connection, of which nobody else reads any more: as many messages at a time as are there.

    To read each by itself costs several times as much, of which most is waking up for it.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._read = bytearray()

    def wait(self) -> list[bytes]:
        """Wait until there is a message, and return all that are there by then.

        Raises EOFError or OSError at the end, and ValueError for what is no message.
        """
        if os.name != "posix":
            return [self._connection.recv_bytes()]
        while not (messages := self._cut()):
            self._fill()
        return messages

    def look(self) -> list[bytes]:
        """Return the messages that are there, without waiting for one. Raises as :meth:`wait` does."""
        if os.name != "posix":
            return [self._connection.recv_bytes()] if self._connection.poll() else []
        poll = select.poll()
        poll.register(self._connection.fileno(), select.POLLIN)
        while poll.poll(0):
            self._fill()
        return self._cut()

    def _fill(self) -> None:
        data = os.read(self._connection.fileno(), _AT_ONCE)
        if not data:
            raise EOFError
        self._read += data

    def _cut(self) -> list[bytes]:
        """Take the messages that are complete."""
        messages: list[bytes] = []
        start, end = 0, len(self._read)
        while end - start >= _SHORT:
            begin, size = start + _SHORT, int.from_bytes(self._read[start : start + _SHORT], "big", signed=True)
            if size < 0:
                begin, size = start + _LONG, int.from_bytes(self._read[start + _SHORT : start + _LONG], "big")
            if size > _LARGEST:
                raise ValueError(f"the beginning of a message of {size} bytes")
            if end < begin or end < begin + size:
                break
            start = begin + size
            messages.append(bytes(self._read[begin:start]))
        del self._read[:start]
        return messages


def send_all(connection: Connection, messages: Sequence[bytes]) -> None:
    """Send messages in one go. Raises OSError where nobody receives them any more."""
    if os.name != "posix":
        for message in messages:
            connection.send_bytes(message)
        return
    left = memoryview(b"".join(part for message in messages for part in (_length_of(message), message)))
    while left:
        left = left[os.write(connection.fileno(), left) :]


def _length_of(message: bytes) -> bytes:
    """Write how long a message is, as :mod:`multiprocessing` does."""
    size = len(message)
    return size.to_bytes(_SHORT, "big") if size < 2**31 else b"\xff" * _SHORT + size.to_bytes(_LONG - _SHORT, "big")


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
        self._sending = threading.Lock()
        self._receiving = threading.Lock()
        self._inbox = Inbox(self._connection)
        self._received: deque[bytes] = deque()

    def send(self, message: object) -> None:
        """Send a message; callable from any thread. Raises what pickling raises."""
        data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        with self._sending, contextlib.suppress(OSError):
            self._connection.send_bytes(data)

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

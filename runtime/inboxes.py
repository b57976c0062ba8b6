"""Read and write messages at an end of a connection: as many at a time as there are.

They are written as :mod:`multiprocessing` does it, which takes longer to import than all else that a worker needs to read them.
"""

from __future__ import annotations

import os
import select
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol, cast, final

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_AT_ONCE: Final = 2**16
"""Bytes that are read at a time."""

_LARGEST: Final = 2**30
"""Bytes that no message has: values go through the store."""

_SHORT: Final = 4
_LONG: Final = 12
"""Bytes before a message that say how long it is, as :mod:`multiprocessing` writes them; the long form begins with -1."""


class End(Protocol):
    """An end of a connection; where this is not a POSIX system it is one of :mod:`multiprocessing`."""

    def fileno(self) -> int: ...
    def close(self) -> None: ...


@final
class Inbox:
    """What comes through a connection, of which nobody else reads any more: as many messages at a time as are there.

    To read each by itself costs several times as much, of which most is waking up for it.
    """

    def __init__(self, connection: End) -> None:
        self._connection = connection
        self._read = bytearray()

    def wait(self) -> list[bytes]:
        """Wait until there is a message, and return all that are there by then.

        Raises EOFError or OSError at the end, and ValueError for what is no message.
        """
        if os.name != "posix":
            return [_pipe(self._connection).recv_bytes()]
        while not (messages := self._cut()):
            self._fill()
        return messages

    def look(self) -> list[bytes]:
        """Return the messages that are there, without waiting for one. Raises as :meth:`wait` does."""
        if os.name != "posix":
            return [_pipe(self._connection).recv_bytes()] if _pipe(self._connection).poll() else []
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


def send_all(connection: End, messages: Sequence[bytes]) -> None:
    """Send messages in one go. Raises OSError where nobody receives them any more."""
    if os.name != "posix":
        for message in messages:
            _pipe(connection).send_bytes(message)
        return
    left = memoryview(b"".join(part for message in messages for part in (_length_of(message), message)))
    while left:
        left = left[os.write(connection.fileno(), left) :]


def _length_of(message: bytes) -> bytes:
    """Write how long a message is, as :mod:`multiprocessing` does."""
    size = len(message)
    return size.to_bytes(_SHORT, "big") if size < 2**31 else b"\xff" * _SHORT + size.to_bytes(_LONG - _SHORT, "big")


def _pipe(connection: End) -> Connection:
    return cast("Connection", connection)

"""Say what a driver asks of the origin of its workers, and what that tells it."""

from __future__ import annotations

import pickle
import socket
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, Union

from attrs import frozen


@frozen(eq=False, repr=False)
class Birth:
    """Asks for a worker of a name, with its driver's environment, folder, and place of modules; its end of a connection comes along."""

    name: str
    environment: Mapping[str, str]
    folder: str | None
    path: Sequence[str]
    argv: Sequence[str]


@frozen(eq=False, repr=False)
class Death:
    """Asks for the end of a worker."""

    name: str


@frozen(eq=False, repr=False)
class Born:
    """Tells that a worker is there."""

    name: str
    pid: int


@frozen(eq=False, repr=False)
class Dead:
    """Tells how a worker ended: its exit code, the negative number of a signal, or why it could not be forked."""

    name: str
    code: int | None = None
    problem: str = ""


Told: TypeAlias = Union[Born, Dead]

_SIZE: Final = 8
"""Bytes before a message that say how long it is."""


def tell(end: socket.socket, message: Birth | Death | Told, *descriptors: int) -> None:
    """Send a message, with descriptors that the other side has then, too. Raises OSError where there is no other side."""
    data = pickle.dumps(message)
    head = len(data).to_bytes(_SIZE, "big")
    if descriptors:
        socket.send_fds(end, [head], descriptors)
        end.sendall(data)
    else:
        end.sendall(head + data)


def hear(end: socket.socket) -> tuple[Any, list[int]]:
    """Wait for a message, and return it with the descriptors that came with it. Raises EOFError or OSError at the end."""
    head, descriptors, _, _ = socket.recv_fds(end, _SIZE, 1)
    head += _received(end, _SIZE - len(head)) if head else b""
    if not head:
        raise EOFError
    return pickle.loads(_received(end, int.from_bytes(head, "big"))), descriptors


def high(descriptor: int) -> int:
    """Return a copy under a number that is none of the standard streams', which a process that has closed those gives to others.

    No program inherits it that is not given it.
    """
    import fcntl  # which there is where workers are forked

    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)


def _received(end: socket.socket, size: int) -> bytes:
    """Read so many bytes."""
    parts = []
    while size:
        part = end.recv(min(size, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)

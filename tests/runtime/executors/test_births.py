"""What a driver and the origin of its workers tell each other, and what goes along with it."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from penstock.runtime.executors.births import Birth, Death, hear, tell

pytestmark = pytest.mark.skipif(not hasattr(socket, "send_fds"), reason="descriptors go along on POSIX systems only")

LONG = Birth("w", {"LONG": "x" * 1_000_000}, None, ["/here"], ["flow.py"])


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def test_a_long_message_arrives_whole_with_its_descriptor(ends):
    ours, theirs = ends
    read, written = os.pipe()
    threading.Thread(target=tell, args=(ours, LONG, written)).start()
    heard, (descriptor,) = hear(theirs)
    os.write(descriptor, b"through it")
    assert heard.environment == LONG.environment and os.read(read, 100) == b"through it"
    for each in (read, written, descriptor):
        os.close(each)


def test_messages_in_a_row_stay_apart_and_keep_their_own_descriptors(ends):
    ours, theirs = ends
    tell(ours, Death("first"))
    tell(ours, Birth("second", {}, None, [], []), theirs.fileno())
    tell(ours, Death("third"))
    heard = [hear(theirs) for _ in range(3)]
    assert [message.name for message, _ in heard] == ["first", "second", "third"]
    assert [len(descriptors) for _, descriptors in heard] == [0, 1, 0]
    os.close(heard[1][1][0])


@pytest.mark.parametrize("begun", [b"", b"\0\0\0", (100).to_bytes(8, "big") + b"half of it"])
def test_the_end_is_told_also_in_the_midst_of_a_message(ends, begun):
    ours, theirs = ends
    ours.sendall(begun)
    ours.close()
    with pytest.raises(EOFError):
        hear(theirs)
